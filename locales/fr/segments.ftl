# Les segments : la liste, la page, l’éditeur de conditions, les raisons.

# La liste
segments-title = Segments
segments-note = Qui est dans quel groupe, à la seconde près.
segments-empty-title = Pas encore de segment
segments-empty-text = Un segment rassemble les personnes qui remplissent une condition, et se tient à jour tout seul.
segments-search = Trouver un segment
segments-none-title = Aucun segment de ce nom
segments-none-text = Essayez une partie plus courte du nom.
segments-found = { $count ->
    [one] { $count } segment
   *[other] { $count } segments
}
segment-new = Nouveau segment
segment-name = Nom
segment-members = Membres
segment-share = Part des personnes
segment-thirty-days = 30 derniers jours
segment-today = Aujourd’hui
segment-status = État
segment-live = À jour
segment-building = Calcul en cours
segment-sparkline = Membres de « { $name } » sur 30 jours
segment-entered = entrées
segment-left = sorties

# Les segments prêts à l’emploi
segment-ready-new-visitors = Nouveaux visiteurs
segment-ready-new-visitors-text = Venus pour la première fois ces 7 derniers jours, encore inconnus
segment-ready-prospects = Prospects
segment-ready-prospects-text = Connus, mais sans commande
segment-ready-first-time-buyers = Premiers acheteurs
segment-ready-first-time-buyers-text = Une seule commande, dans les 90 derniers jours
segment-ready-repeat-buyers = Acheteurs réguliers
segment-ready-repeat-buyers-text = Au moins deux commandes
segment-ready-vip = VIP
segment-ready-vip-text = Trois commandes ou plus, 500 ou plus dépensés, actifs cette année
segment-ready-at-risk = À risque
segment-ready-at-risk-text = Clients réguliers sans commande depuis 90 jours
segment-ready-dormant = Inactifs
segment-ready-dormant-text = Ni commande ni visite depuis 180 jours
segment-ready-cart-left = Panier abandonné
segment-ready-cart-left-text = Un panier rempli, laissé depuis plus d’une heure

# Un segment
segment-edit = Modifier
segment-edit-title = Modifier le segment
segment-duplicate = Dupliquer
segment-delete = Supprimer
segment-copy-of = { $name } (copie)
segment-condition-title = Condition
segment-changed = Modifié
segment-entered-today = Entrées aujourd’hui
segment-left-today = Sorties aujourd’hui
segment-entries = Entrées par jour
segment-exits = Sorties par jour
segment-no-moves = Personne ces 30 derniers jours.
segment-day = Jour
segment-of-people = { $count ->
    [one] sur { $count } personne
   *[other] sur { $count } personnes
}
segment-people = { $count ->
    [one] { $count } personne
   *[other] { $count } personnes
}
segment-nobody-title = Personne pour l’instant
segment-nobody-text = Dès qu’une personne remplit la condition, elle apparaît ici.
segment-building-title = Calcul en cours
segment-building-text = Les membres apparaissent au fur et à mesure du calcul.
segment-person = Personne
segment-person-email = E-mail
segment-person-stage = Étape
segment-person-seen = Dernière visite
segment-person-orders = Commandes
segment-person-revenue = Chiffre d’affaires
segment-done-created = Segment créé. Le calcul a commencé.
segment-done-saved = Segment enregistré.
segment-done-deleted = Segment supprimé.
segment-done-restored = Segment rétabli. Le calcul a commencé.

# À une date : le passé rejoué
as-of-title = Remonter le temps
as-of-of = { $name }, dans le passé
as-of-label = Qui en faisait partie le (heure { $zone })
as-of-show = Remonter le temps
as-of-now = Revenir à maintenant
as-of-days = { $count ->
    [one] Hier
   *[other] Il y a { $count } jours
}
as-of-stood = Membres le { $date }
as-of-what = Recalculé depuis le journal avec la condition d’aujourd’hui : ce qui était arrivé à cette date compte comme il comptait alors, et les personnes comptent telles qu’elles étaient connues, avant les fusions ultérieures.
as-of-then = Membres à cette date
as-of-members-now = Membres maintenant
as-of-counting = { $share } compté, suite en cours…
as-of-same = autant que maintenant
as-of-more-now = { $count ->
    [one] { $count } de plus maintenant
   *[other] { $count } de plus maintenant
}
as-of-fewer-now = { $count ->
    [one] { $count } de moins maintenant
   *[other] { $count } de moins maintenant
}
as-of-members = Membres à cette date
as-of-today = Aujourd’hui
as-of-still = Dans le segment
as-of-since = entrée
as-of-merged = Fusionnée depuis
as-of-gone = N’y est plus
as-of-unreadable = Ce n’est ni une date ni une heure. Choisissez-en une, ou écrivez-la ainsi : 2026-11-01T08:30.
as-of-future = Cet instant est dans le futur. Choisissez un instant passé.
as-of-before = Le journal commence le { $date }. Choisissez cet instant ou un instant plus récent.
as-of-nothing = Aucun événement n’est encore arrivé : il n’y a pas de passé à regarder.
as-of-none-so-far-title = Personne jusqu’ici
as-of-none-so-far-text = Parmi les personnes examinées, aucune n’était dans le segment à cette date. Il en reste d’autres.
as-of-look-on = Examiner les suivantes
as-of-no-more-title = Personne d’autre
as-of-no-more-text = Les pages précédentes contiennent tous ceux qui étaient dans le segment à cette date.
as-of-nobody-title = Personne à cette date
as-of-nobody-text = À cet instant, personne ne remplissait la condition.

# Le formulaire
segment-save = Enregistrer
segment-count = Compter
segment-condition = Condition (JSON)
segment-condition-hint = Par exemple {"{"}"metric": "orders_count", "op": "gte", "value": 2{"}"}. Vide : tout le monde.
segment-preview-empty = Le nombre de personnes s’affichera ici.
segment-preview-people = { $count ->
    [one] personne
   *[other] personnes
}
segment-preview-share = { $share } du total
segment-preview-sample = Par exemple

# Ce qui ne va pas
segment-problem-bad-name = Donnez un nom d’au plus 100 caractères.
segment-problem-too-many-segments = Une boutique compte au plus 500 segments ; supprimez-en un qui ne sert pas.
segment-problem-contact-hidden = Une partie de cette condition porte sur une valeur qui pourrait révéler une identité, masquée pour votre rôle. Demandez si elle est connue, ou utilisez des groupes, des chiffres et des comportements.
segment-problem-segment-in-use = Un autre segment se réfère à celui-ci ; modifiez-le d’abord.
segment-problem-segment-changed = Quelqu’un d’autre a modifié ce segment entre-temps. Rechargez la page avant d’enregistrer.
segment-problem-not-restored = Ce segment ne peut pas être rétabli : ce à quoi il se réfère n’existe plus.
segment-problem-condition-not-json = Ce texte n’est pas du JSON.
segment-problem-condition-wrong-type = Cette valeur n’a pas le bon type.
segment-problem-condition-unknown-node = Cette condition ne dit pas de quoi elle parle.
segment-problem-condition-unknown-field = Cette condition a un champ inconnu.
segment-problem-condition-missing-field = Il manque un champ à cette condition.
segment-problem-condition-unknown-word = Ce mot n’est pas connu.
segment-problem-condition-bad-value = Cette valeur ne convient pas.
segment-problem-condition-too-deep = Les groupes sont imbriqués trop profondément (8 niveaux au plus).
segment-problem-condition-too-many = La condition est trop grande.
segment-problem-condition-circle = Des segments se réfèrent les uns aux autres en boucle.
segment-problem-condition-unknown-segment = Un segment auquel la condition se réfère n’existe pas.
segment-problem-condition-too-large = La condition est trop grande avec les segments auxquels elle se réfère.

# La condition en mots
segment-words-everybody = Tout le monde
segment-words-nobody = Personne
segment-words-all = Toutes ces conditions :
segment-words-any = Au moins une de ces conditions :
segment-words-not = Aucune de ces conditions :
segment-words-and = et
segment-words-or = ou
segment-words-no = pas
segment-words-where = où
segment-words-in = Est dans le segment
segment-words-gone = segment supprimé
segment-words-consent = Consentement
segment-words-sum = total de { $property }
segment-value-true = oui
segment-value-false = non
segment-times-never = jamais
segment-times-gte = { $count ->
    [one] au moins { $count } fois
   *[other] au moins { $count } fois
}
segment-times-gt = plus de { $count } fois
segment-times-eq = exactement { $count } fois
segment-times-ne = pas exactement { $count } fois
segment-times-lt = moins de { $count } fois
segment-times-lte = au plus { $count } fois
segment-sign-eq = =
segment-sign-ne = ≠
segment-sign-lt = <
segment-sign-lte = ≤
segment-sign-gt = >
segment-sign-gte = ≥
segment-op-eq = est
segment-op-ne = n’est pas
segment-op-in = est parmi
segment-op-not-in = n’est pas parmi
segment-op-lt = <
segment-op-lte = ≤
segment-op-gt = >
segment-op-gte = ≥
segment-op-contains = contient
segment-op-starts-with = commence par
segment-op-ends-with = finit par
segment-op-exists = existe
segment-op-not-exists = n’existe pas
segment-op-before = avant le
segment-op-after = après le
segment-op-not-within-last = pas
segment-op-time-lt = avant le
segment-op-time-lte = au plus tard le
segment-op-time-gt = après le
segment-op-time-gte = au plus tôt le
segment-window-days = { $count ->
    [one] dans les dernières 24 heures
   *[other] dans les { $count } derniers jours
}
segment-window-hours = { $count ->
    [one] dans la dernière heure
   *[other] dans les { $count } dernières heures
}
segment-window-minutes = { $count ->
    [one] dans la dernière minute
   *[other] dans les { $count } dernières minutes
}
segment-window-seconds = { $count ->
    [one] dans la dernière seconde
   *[other] dans les { $count } dernières secondes
}
segment-consent-unknown = inconnu
segment-consent-granted = accordé
segment-consent-withdrawn = retiré
segment-consent-denied = refusé
segment-channel-email = E-mail
segment-channel-sms = SMS
segment-channel-phone = Téléphone
segment-channel-push = Notifications
segment-channel-post = Courrier
segment-channel-site = Site
segment-purpose-marketing = Marketing
segment-purpose-analytics = Mesure d’audience
segment-purpose-personalization = Personnalisation
segment-purpose-newsletter = Lettre d’information

# Les valeurs calculées
segment-metric-orders-count = Nombre de commandes
segment-metric-revenue = Chiffre d’affaires
segment-metric-average-order-value = Panier moyen
segment-metric-refunded-total = Total remboursé
segment-metric-first-order-at = Première commande
segment-metric-last-order-at = Dernière commande
segment-metric-first-seen-at = Première visite
segment-metric-last-seen-at = Dernière visite
segment-metric-events-count = Nombre d’événements
segment-metric-cart-items = Articles dans le panier
segment-metric-cart-value = Valeur du panier
segment-metric-lifecycle-stage = Étape du client

# Les traits et les propriétés connus
segment-trait-email = Adresse e-mail
segment-trait-phone = Téléphone
segment-trait-name = Nom complet
segment-trait-first-name = Prénom
segment-trait-last-name = Nom de famille
segment-trait-country = Pays
segment-trait-city = Ville
segment-trait-postcode = Code postal
segment-trait-birthday = Date de naissance
segment-trait-gender = Genre
segment-trait-language = Langue
segment-trait-company = Entreprise
segment-trait-created-at = Compte créé
segment-trait-title = Titre
segment-property-category = catégorie
segment-property-name = nom
segment-property-brand = marque
segment-property-variant = variante
segment-property-price = prix
segment-property-quantity = quantité
segment-property-currency = devise
segment-property-total = montant total
segment-property-revenue = chiffre d’affaires
segment-property-value = valeur
segment-property-subtotal = sous-total
segment-property-shipping = frais de port
segment-property-tax = taxes
segment-property-discount = remise
segment-property-coupon = code promo
segment-property-query = recherche
segment-property-product-id = identifiant du produit
segment-property-sku = référence
segment-property-order-id = numéro de commande
segment-property-url = adresse de la page
segment-property-path = chemin de la page
segment-property-title = titre

# Les raisons
segment-reason-true = Vrai :
segment-reason-false = Faux :
segment-reason-unknown = rien
segment-reason-measured = Constaté : { $value }
segment-reason-times = { $count } fois
segment-reason-since = depuis le { $date }
segment-reason-until = jusqu’au { $date } au moins

# L’éditeur
segment-builder-trait = Information
segment-builder-metric = Valeur calculée
segment-builder-event = Événement
segment-builder-segment = Segment
segment-builder-channel = Canal
segment-builder-purpose = Finalité
segment-builder-state = État du consentement
segment-builder-operator = Comparaison
segment-builder-value = Valeur
segment-builder-values = Valeurs
segment-builder-values-hint = séparées par des virgules
segment-builder-property = Propriété
segment-builder-measure = Mesure
segment-builder-measure-count = A eu lieu
segment-builder-measure-sum = Total de
segment-builder-times = fois
segment-builder-within = dans les
segment-builder-window = Période
segment-builder-ever = à tout moment
segment-builder-where = où
segment-builder-and = et
segment-builder-or = ou
segment-builder-true = oui
segment-builder-false = non
segment-builder-add-filter = Préciser
segment-builder-remove-filter = Retirer cette précision
segment-builder-unit-s = les dernières secondes
segment-builder-unit-m = les dernières minutes
segment-builder-unit-h = dernières heures
segment-builder-unit-d = derniers jours
segment-builder-unit-w = dernières semaines
segment-builder-group = Type de groupe
segment-builder-group-all = Toutes les conditions
segment-builder-group-any = Au moins une condition
segment-builder-group-none = Aucune des conditions
segment-builder-kind-trait = Information
segment-builder-kind-metric = Valeur calculée
segment-builder-kind-event = Événement
segment-builder-kind-segment = Dans le segment
segment-builder-kind-consent = Consentement
segment-builder-add-condition = Ajouter une condition
segment-builder-add-group = Ajouter un groupe
segment-builder-add-trait = Information (pays, e-mail…)
segment-builder-add-metric = Valeur calculée (commandes, panier…)
segment-builder-add-event = Événement (vu, acheté…)
segment-builder-add-segment = Autre segment
segment-builder-add-consent = Consentement
segment-builder-empty-root = Sans condition, tout le monde est inclus.
segment-builder-empty-group = Ce groupe est vide : ajoutez une condition.
segment-builder-unfinished = Complétez cette condition ou retirez-la.
segment-builder-waiting = Complétez la condition pour compter.
segment-builder-more = Autres actions
segment-builder-remove = Retirer
segment-builder-duplicate = Dupliquer
segment-builder-move-up = Monter
segment-builder-move-down = Descendre
segment-builder-move-in = Déplacer dans le groupe du dessus
segment-builder-move-out = Sortir du groupe
segment-builder-wrap = Mettre dans un groupe
segment-builder-op-eq = est
segment-builder-op-ne = n’est pas
segment-builder-op-in = est parmi
segment-builder-op-not-in = n’est pas parmi
segment-builder-op-lt = avant
segment-builder-op-lte = au plus tard
segment-builder-op-gt = après
segment-builder-op-gte = au plus tôt
segment-builder-op-contains = contient
segment-builder-op-starts-with = commence par
segment-builder-op-ends-with = finit par
segment-builder-op-exists = existe
segment-builder-op-not-exists = n’existe pas
segment-builder-op-before = avant le
segment-builder-op-after = après le
segment-builder-op-within-last = dans les
segment-builder-op-not-within-last = pas dans les
segment-builder-op-number-eq = exactement
segment-builder-op-number-ne = différent de
segment-builder-op-number-lt = moins de
segment-builder-op-number-lte = au plus
segment-builder-op-number-gt = plus de
segment-builder-op-number-gte = au moins
