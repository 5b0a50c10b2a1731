# L’accueil, le direct, les premiers pas, les sources et la palette.

desk-live = En direct

# L’accueil
home-title = Aujourd’hui
home-visitors = Visiteurs
home-orders = Commandes
home-revenue = Chiffre d’affaires
home-new-customers = Nouveaux clients
home-than-yesterday = vs hier, même heure
home-nothing-before = rien hier à cette heure
home-sparkline = { $figure }, { $days } derniers jours : entre { $lowest } et { $highest } par jour
home-stream = En ce moment
home-stream-more = Qui est là
home-movements = Mouvements entre segments
home-movements-more = Tous les segments
home-entered = Entrées
home-left = Sorties
home-building = en construction
home-silent-title = Votre boutique n’a pas encore parlé
home-silent-text = Dès la première visite, cette page se remplit d’elle-même : visiteurs, commandes, chiffre d’affaires et mouvements entre vos segments.
home-connect = Connecter votre boutique

# Les commandes d’un jour
orders-title = Commandes
orders-views = Quelles commandes
orders-all = Toutes les commandes
orders-first = Premières commandes des nouveaux clients
orders-customer = Client
orders-number = Commande
orders-status = État
orders-time = Heure
orders-total = Total
orders-refunded = Remboursé
orders-empty-title = Aucune commande ce jour-là
orders-empty-text = Les commandes apparaissent ici dès que la boutique les signale.
order-status-pending = remboursement sans commande
order-status-completed = passée
order-status-updated = modifiée
order-status-partially-refunded = remboursée en partie
order-status-refunded = remboursée
order-status-cancelled = annulée

# Le direct
live-title = En direct
live-intro = Toutes les personnes actives dans la boutique ces cinq dernières minutes.
live-count = { $count ->
    [one] { $count } personne dans la boutique
   *[other] { $count } personnes dans la boutique
}
live-cut = ou davantage : il y a trop de monde pour compter chacun
live-visitor = Qui
live-page = Page
live-pages = Pages
live-cart = Panier
live-segments = Segments
live-since = Vu
live-since-time = là depuis { $time }
live-empty-title = Personne dans la boutique pour l’instant
live-empty-text = Laissez cette page ouverte : le prochain visiteur y apparaîtra de lui-même.
device-phone = Téléphone
device-tablet = Tablette
device-desktop = Ordinateur
device-unknown = Appareil inconnu

# Les premiers pas
welcome-title = Connecter { $shop }
welcome-intro = Trois étapes, et le premier visiteur apparaît.
welcome-later = Plus tard
welcome-step-address = 1 · L’adresse de votre boutique
welcome-address = Adresse web
welcome-address-hint = Seules les pages de cette adresse pourront envoyer des événements. Plusieurs adresses ? Séparez-les par des virgules.
welcome-address-save = Enregistrer l’adresse
welcome-step-snippet = 2 · La ligne qui la connecte
welcome-step-light = 3 · Nous écoutons
welcome-waiting = En attente du premier événement…
welcome-waiting-text = Ouvrez votre boutique dans un autre onglet. Ce voyant passera au vert de lui-même.
welcome-unlisted = Une boutique appelle depuis une autre adresse
welcome-unlisted-text = Des pages de { $origin } ont voulu envoyer des événements, mais cette adresse n’est pas encore autorisée. Est-ce la vôtre ?
welcome-heard = Nous entendons votre boutique
welcome-go = Aller à l’accueil

# Les façons de connecter
connect-ways = Façons de connecter
connect-site = Balise
connect-site-text = Collez ceci avant </head> sur chaque page de la boutique.
connect-library = Bibliothèque Segment
connect-library-text = Toute bibliothèque cliente publique de Segment fonctionne telle quelle. Donnez-lui cet hôte et cette clé d’écriture.
connect-file = Fichier de commandes
connect-file-text = Reprenez vos commandes passées depuis un fichier CSV ou JSON Lines. À lancer sur la machine d’Entente ; recommencer ne change rien.
connect-host = Hôte
connect-key = Clé d’écriture

# Les sources
sources-title = Sources
sources-intro = D’où viennent les événements, et comment se porte chaque source.
sources-empty-title = Aucune source
sources-empty-text = Une source est un site, un serveur ou un fichier qui envoie des événements.
source-new = Nouvelle source
source-new-panel = Qui envoie ?
source-create = Créer la source
source-name = Nom
source-name-hint = Par exemple « Boutique », « Appli » ou « Caisse ».
source-kind = Type
source-kind-site = Site web
source-kind-site-hint = Des pages avec la balise.
source-kind-server = Serveur ou application
source-kind-server-hint = Un programme avec une bibliothèque cliente Segment.
source-kind-api = API
source-kind-import = Import
source-origins = Adresses web
source-origins-hint = Une par ligne, avec https://. Seules leurs pages peuvent envoyer avec cette clé.
source-bad-origin = « { $given } » n’est pas une adresse web. Écrivez https://boutique.example, sans chemin.
source-too-many-origins = 50 adresses au plus.
source-bad-name = Écrivez un nom de 100 caractères au plus.
source-connect = Connecter
source-settings = Réglages
source-health = État
source-health-panel = Santé
source-light-heard = active
source-light-quiet = silencieuse
source-light-never = jamais entendue
source-light-off = désactivée
source-last = Dernier événement
source-today = Aujourd’hui
source-days = { $days } jours
source-week = 7 derniers jours
source-sparkline = Événements de { $name } ces 7 derniers jours
source-rejected = Refusés
source-repeated = Répétitions ignorées
source-bots = Robots écartés
source-key = Clé d’écriture
source-rejects = Derniers refus
source-rejects-none = Rien n’a été refusé.
reject-bad-field = Un champ est du mauvais type
reject-bad-json = JSON illisible
reject-bad-message-id = L’identifiant du message est trop long
reject-bad-timestamp = Une date n’est pas écrite selon la RFC 3339
reject-long-event-name = Le nom de l’événement est trop long
reject-no-event-name = L’événement n’a pas de nom
reject-no-identity = Personne n’est désigné : ni identifiant, ni identifiant anonyme
reject-no-previous-id = Un appel « alias » sans l’ancien identifiant
reject-no-type = L’appel ne dit pas son type
reject-not-an-object = Un objet était attendu
reject-origin-not-listed = Cette adresse ne peut pas envoyer
reject-too-large = L’événement est trop volumineux
reject-unknown-type = Cet appel n’est pas connu
source-allow = Autoriser { $origin }
source-switch-off = Désactiver
source-switch-on = Activer
source-is-off = Cette source est désactivée
source-is-off-text = Ce qu’elle envoie est refusé jusqu’à ce qu’elle soit réactivée.
source-done-made = La source est prête.
source-done-saved = C’est enregistré.
source-done-allowed = L’adresse est autorisée : ses pages peuvent envoyer dès maintenant.
source-done-off = La source est désactivée.
source-done-on = La source est activée.
source-done-retried = C’est fait : les événements mis de côté figurent sur leurs chronologies.
source-done-retried-in-vain = Certains événements restent inapplicables et mis de côté.
dead-title = { $count ->
    [one] { $count } événement n’a pas pu être appliqué
   *[other] { $count } événements n’ont pas pu être appliqués
}
dead-text = Ils sont mis de côté, entiers ; tous les autres ont suivi leur cours. Une fois la cause disparue, appliquez-les : chacun compte une seule fois.
dead-retry = Les appliquer maintenant
dead-newest = Derniers mis de côté
dead-at = Quand
dead-source = Source
dead-event = Événement
dead-reason = Raison

# La palette
palette-orders = Commandes du jour
palette-new-segment = Nouveau segment
palette-new-source = Nouvelle source
palette-connect = Connecter la boutique
palette-keys = Clés d’API
palette-account = Votre compte
palette-security = Réglages de sécurité
palette-second-factor = Second facteur
