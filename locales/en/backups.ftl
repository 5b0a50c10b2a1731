# The view of the settings about backups.
backups-title = Backups
backups-last = Backup
backups-none = No backup is known yet
backups-none-text = Begin with the command below, on the server, while Entente goes on. It makes one file of everything that is in the database.
backups-old = The last backup is more than { $count ->
    [one] { $count } day
   *[other] { $count } days
} old
backups-made = Made
backups-size = Size
backups-free = Free on the disk of the database
backups-disk-short = nearly full
backups-make = Makes one file of everything in the database, while Entente goes on. Keep it on another machine, and not for longer than 30 days.
backups-beside = Not in it, and to be kept elsewhere: entente.toml, the key file entente.key and the ledger of erasures entente.erasures.
backups-copy = Continuous copy
backups-copy-none = With this setting, Entente keeps a copy of the database in a folder on another disk, some five seconds behind.
backups-copy-postgres = PostgreSQL has a continuous copy of its own: pg_basebackup and pg_receivewal. How it goes, the guide tells under Back up.
backups-copy-state = State
backups-copy-well = up to date
backups-copy-late = late
backups-copy-failing = cannot be written
backups-copy-folder = Folder
backups-copy-holds = Holds everything until
backups-copy-begins = being written for the first time
backups-copy-behind = Behind
backups-copy-problem = What is wrong
backups-copy-text = A copy replaces no backup: a wrong command is copied within seconds, and older states are gone after two days.
backups-restore = Restore
backups-restore-text = Into an empty place, with the key file put into it first. The file is checked as a whole, and everything comes back or nothing does.
backups-restore-copy = The same from the continuous copy, with --at as it was at an earlier instant.

# Sizes
size-kb = { $size } kB
size-mb = { $size } MB
size-gb = { $size } GB
size-tb = { $size } TB
