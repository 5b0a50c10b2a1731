# The furniture of the pages: what all screens share.

# Time
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday
day-today = Today
day-yesterday = Yesterday
date-time = { $date }, { $time }
time-now = just now
time-ago = { $amount } ago
time-in = in { $amount }
amount-seconds = { $count } s
amount-minutes = { $count } min
amount-hours = { $count } h
amount-days = { $count } d
amount-months = { $count } mo
amount-years = { $count } y

# The page
skip-to-content = Skip to content
close = Close
dismiss = Dismiss this message
cancel = Cancel
apply = Apply
undo = Undo
copy = Copy
copied = Copied
show-password = Show password
hide-password = Hide password
optional = optional
loading = Loading…
error-offline = The server does not answer. Check your connection, then try again.
error-server = Something went wrong on our side. Try again in a moment.
more-actions = More actions
back-to = Back to { $place }

# Navigation
nav-label = Main navigation
nav-open = Open menu
nav-overview = Overview
nav-customers = Customers
nav-settings = Settings
nav-home = Home
nav-live = Live
nav-people = People
nav-segments = Segments
nav-sources = Sources
nav-members = Members
nav-general = General
nav-audit = Audit trail
nav-privacy = Privacy
account-menu = Your account
sign-out = Sign out
appearance = Appearance
theme = Theme
theme-auto = Like the device
theme-light = Light
theme-dark = Dark
density = Density
density-comfortable = Comfortable
density-compact = Compact
language = Language

# Palette and keyboard
palette-open = Search
palette-placeholder = Search for a person, a segment, a page…
palette-label = Search or go to
palette-hint-move = move
palette-hint-open = open
palette-hint-close = close
palette-go = Go to
palette-nothing = Nothing matches.
shortcuts = Keyboard shortcuts
shortcut-palette = Search and go anywhere
shortcut-search = Search in the page
shortcut-help = Show this help
shortcut-next = Next row
shortcut-previous = Previous row
shortcut-open = Open the row
shortcut-edit = Edit
shortcut-close = Close what is open
shortcut-group-go = Go to
shortcut-group-page = Anywhere
shortcut-group-list = In a list

# Tables
columns = Columns
columns-choose = Choose columns
sort-by = Sort by { $column }
page-previous = Previous
page-next = Next
pages-label = Pages of the list: { $list }
select-row = Select { $name }
select-all = Select all
selected-count = { $count } selected
selected-many = { $count } selected
clear-selection = Clear selection
filters-label = Filters
filter-remove = Remove the filter { $filter }
filters-clear = Clear all
filter-add = Add a filter

# Charts
chart-table = Show the figures
delta-up = up { $amount }
delta-down = down { $amount }
delta-same = no change
progress-of = { $done } of { $total }

# Gallery
gallery-title = Gallery
gallery-intro = Every piece of furniture, in both themes. A screen that needs a new piece adds it here first.
masked-for-your-role = Hidden for your role
