# La vue des réglages à propos des sauvegardes.
backups-title = Sauvegardes
backups-last = Sauvegarde
backups-none = Aucune sauvegarde connue pour l’instant
backups-none-text = Commencez par la commande ci-dessous, sur le serveur, pendant qu’Entente continue. Elle fait un seul fichier de tout ce que contient la base.
backups-old = La dernière sauvegarde a plus { $count ->
    [one] d’un jour
   *[other] de { $count } jours
}
backups-made = Faite le
backups-size = Taille
backups-free = Place libre sur le disque de la base
backups-disk-short = presque plein
backups-make = Fait un seul fichier de tout ce que contient la base, pendant qu’Entente continue. À garder sur une autre machine, et pas plus de 30 jours.
backups-beside = N’y sont pas, et se gardent ailleurs : entente.toml, le fichier de clé entente.key et le registre des effacements entente.erasures.
backups-copy = Copie continue
backups-copy-none = Avec ce réglage, Entente tient une copie de la base dans un dossier d’un autre disque, environ cinq secondes derrière elle.
backups-copy-postgres = PostgreSQL a sa propre copie continue : pg_basebackup et pg_receivewal. Le guide dit comment faire, sous Sauvegarder.
backups-copy-state = État
backups-copy-well = à jour
backups-copy-late = en retard
backups-copy-failing = ne peut pas être écrite
backups-copy-folder = Dossier
backups-copy-holds = Contient tout jusqu’au
backups-copy-begins = s’écrit pour la première fois
backups-copy-behind = Retard
backups-copy-problem = Ce qui ne va pas
backups-copy-text = Une copie ne remplace pas une sauvegarde : une fausse manœuvre est copiée en quelques secondes, et les états plus anciens partent après deux jours.
backups-restore = Restaurer
backups-restore-text = Dans un emplacement vide, où l’on met d’abord le fichier de clé. Le fichier est vérifié en entier, et tout revient ou rien ne revient.
backups-restore-copy = De même depuis la copie continue, et avec --at telle qu’elle était à un instant passé.

# Tailles
size-kb = { $size } ko
size-mb = { $size } Mo
size-gb = { $size } Go
size-tb = { $size } To
