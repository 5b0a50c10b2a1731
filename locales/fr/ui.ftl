# Le mobilier des pages : ce que les écrans ont en commun.

# Le temps
month-1 = janv.
month-2 = févr.
month-3 = mars
month-4 = avr.
month-5 = mai
month-6 = juin
month-7 = juil.
month-8 = août
month-9 = sept.
month-10 = oct.
month-11 = nov.
month-12 = déc.
weekday-1 = lundi
weekday-2 = mardi
weekday-3 = mercredi
weekday-4 = jeudi
weekday-5 = vendredi
weekday-6 = samedi
weekday-7 = dimanche
day-today = Aujourd’hui
day-yesterday = Hier
date-time = { $date } à { $time }
time-now = à l’instant
time-ago = il y a { $amount }
time-in = dans { $amount }
amount-seconds = { $count } s
amount-minutes = { $count } min
amount-hours = { $count } h
amount-days = { $count } j
amount-months = { $count } mois
amount-years = { $count ->
    [one] { $count } an
   *[other] { $count } ans
}

# La page
skip-to-content = Aller au contenu
close = Fermer
dismiss = Fermer ce message
cancel = Annuler
apply = Appliquer
undo = Annuler
copy = Copier
copied = Copié
show-password = Afficher le mot de passe
hide-password = Masquer le mot de passe
optional = facultatif
loading = Chargement…
error-offline = Le serveur ne répond pas. Vérifiez votre connexion, puis réessayez.
error-server = Quelque chose s’est mal passé de notre côté. Réessayez dans un instant.
more-actions = Autres actions
back-to = Retour : { $place }

# La navigation
nav-label = Navigation principale
nav-open = Ouvrir le menu
nav-overview = Vue d’ensemble
nav-customers = Clients
nav-settings = Réglages
nav-home = Accueil
nav-live = En direct
nav-people = Personnes
nav-segments = Segments
nav-sources = Sources
nav-members = Membres
nav-general = Général
nav-audit = Journal d’audit
nav-privacy = Vie privée
account-menu = Votre compte
sign-out = Se déconnecter
appearance = Affichage
theme = Thème
theme-auto = Comme l’appareil
theme-light = Clair
theme-dark = Sombre
density = Densité
density-comfortable = Confortable
density-compact = Compacte
language = Langue

# La palette et le clavier
palette-open = Rechercher
palette-placeholder = Rechercher une personne, un segment, une page…
palette-label = Rechercher ou aller à
palette-hint-move = choisir
palette-hint-open = ouvrir
palette-hint-close = fermer
palette-go = Aller à
palette-nothing = Rien ne correspond.
shortcuts = Raccourcis clavier
shortcut-palette = Rechercher et aller partout
shortcut-search = Chercher dans la page
shortcut-help = Afficher cette aide
shortcut-next = Ligne suivante
shortcut-previous = Ligne précédente
shortcut-open = Ouvrir la ligne
shortcut-edit = Modifier
shortcut-close = Fermer ce qui est ouvert
shortcut-group-go = Aller à
shortcut-group-page = Partout
shortcut-group-list = Dans une liste

# Les tableaux
columns = Colonnes
columns-choose = Choisir les colonnes
sort-by = Trier par { $column }
page-previous = Précédent
page-next = Suivant
pages-label = Pages de la liste : { $list }
select-row = Sélectionner { $name }
select-all = Tout sélectionner
selected-count = { $count ->
    [one] { $count } sélectionné
   *[other] { $count } sélectionnés
}
selected-many = { $count } sélectionnés
clear-selection = Désélectionner
filters-label = Filtres
filter-remove = Retirer le filtre { $filter }
filters-clear = Tout effacer
filter-add = Ajouter un filtre

# Les graphiques
chart-table = Voir les chiffres
delta-up = en hausse de { $amount }
delta-down = en baisse de { $amount }
delta-same = sans changement
progress-of = { $done } sur { $total }

# La galerie
gallery-title = Galerie
gallery-intro = Chaque pièce du mobilier, dans les deux thèmes. Un écran qui a besoin d’une nouvelle pièce l’ajoute ici d’abord.
masked-for-your-role = Masqué pour votre rôle
