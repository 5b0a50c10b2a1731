# La liste des personnes, une fiche, la fusion.

# La liste
people-title = Personnes
people-everybody = Tout le monde
people-views = Vues de la liste
people-search = Rechercher par nom, e-mail, téléphone ou commande
people-visitor = Visiteur nº { $number }
people-masked = Personne nº { $number }
people-search-masked = Rechercher par numéro de commande ou identifiant de fiche
people-masked-note = L’identité des personnes est masquée pour votre rôle. La recherche ne porte que sur les numéros de commande et les identifiants de fiche.
person-masked-note = L’identité de cette personne est masquée pour votre rôle : chaque nom, adresse, numéro et identifiant est remplacé par un masque.
person-event-masked-note = Les valeurs qui pourraient révéler une identité sont masquées pour votre rôle.
people-column-name = Nom
people-column-stage = Étape
people-column-email = E-mail
people-column-phone = Téléphone
people-column-orders = Commandes
people-column-revenue = Chiffre d’affaires
people-column-last-seen = Dernière visite
people-column-first-seen = Première visite
people-column-country = Pays
people-column-city = Ville
people-filter-condition = Correspond à vos conditions
people-filter-segment = Segment : { $name }
people-filter-search = Recherche : { $text }
people-filter-build = Par conditions…
people-filter-by-segment = Par segment
people-filter-title = Filtrer les personnes
people-filter-note = Affichez les personnes pour qui tout ceci est vrai en ce moment.
people-filter-apply = Afficher les personnes
people-save-segment = Enregistrer comme segment
people-summary = { $shown } sur { $total }
people-on-page =
    { $count ->
        [one] Une personne sur cette page
       *[other] { $count } personnes sur cette page
    }
people-looked-title = { $count } personnes examinées jusqu’ici
people-looked-text = Une page n’en examine pas davantage, pour rester rapide. « Suivant » reprend à partir d’ici.
people-look-further = Continuer la recherche
people-many-title = Les { $count } premières personnes trouvées
people-many-text = D’autres personnes correspondent à votre saisie. Complétez-la pour les voir.
people-filter-stage = Étape : { $name }
people-clear = Afficher tout le monde
people-none-title = Aucune correspondance
people-none-text = Essayez avec moins de lettres ou affichez tout le monde.
people-empty-title = Toutes les personnes qui visitent votre boutique apparaîtront ici
people-empty-text = Connectez votre boutique avec une ligne de code ou envoyez des événements avec une bibliothèque cliente. Le premier visiteur apparaît aussitôt.
people-empty-action = Connecter votre boutique
people-condition-fault = Ces conditions ne peuvent pas être lues
people-condition-hidden = Votre rôle ne permet pas cette question
people-stages-visitor = Visiteurs
people-stages-prospect = Prospects
people-stages-customer = Clients
people-stages-loyal = Fidèles
people-stages-dormant = Inactifs

# Les étapes
stage-reason-visitor = On ne sait pas encore qui c’est, et rien n’a été acheté.
stage-reason-prospect = On sait qui c’est ; rien n’a encore été acheté.
stage-reason-customer =
    { $count ->
        [one] Une commande.
       *[other] { $count } commandes.
    }
stage-reason-loyal = { $count } commandes, la dernière le { $date }.
stage-reason-dormant = Ni visite ni commande depuis le { $date }.

# La fiche
person-facts = Fiche
person-timeline = Activité
person-related = Liens
person-identity = Identité
person-traits = Informations
person-figures = Chiffres clés
person-stage = Étape du cycle de vie
person-consents = Consentements
person-segments = Segments
person-orders = Commandes
person-merges = Fusions
person-merge = Fusionner…
person-erase = Effacer…
person-edit = Modifier
person-open = Ouvrir la fiche
person-stage-since = depuis le { $date }
person-last-seen = vu
person-more-identifiers = { $count } de plus
person-by-event = événement
person-no-traits = Rien n’a encore été dit de cette personne.
person-no-consents = Cette personne ne s’est pas encore exprimée.
person-no-segments = Dans aucun segment pour le moment.
person-all-orders = Afficher toutes les commandes
person-no-orders = Aucune commande pour le moment.
person-cart-value =
    { $count ->
        [one] 1 article · { $value }
       *[other] { $count } articles · { $value }
    }
person-why = Pourquoi ?
person-why-open = Afficher les raisons
person-why-title = Pourquoi dans « { $segment } » ?
person-why-not = Pourquoi pas dans un autre segment ?
person-why-not-title = Pourquoi pas dans « { $segment } » ?
person-why-segment = Segment
person-why-choose = Choisissez un segment…
person-is-member = Membre
person-is-no-member = Pas membre
person-merge-reason = { $rule }, par { $actor }
person-merge-undone = Annulée
figure-orders = Commandes
figure-revenue = Chiffre d’affaires
figure-average = Panier moyen
figure-first-order = Première commande
figure-last-order = Dernière commande
figure-cart = Panier
figure-events = Événements
figure-first-seen = Première visite
figure-last-seen = Dernière visite
actor-system = Entente
actor-program = un programme
actor-former-member = un ancien membre
notice-person-saved = Enregistré
notice-people-merged = Les deux fiches n’en font plus qu’une
notice-people-parted = Ce sont de nouveau deux personnes
notice-already-parted = Cette fusion avait déjà été annulée
value-yes = Oui
value-no = Non

# Les identifiants
identifier-email = E-mail
identifier-phone = Téléphone
identifier-user-id = Compte
identifier-anonymous-id = Appareil
identifier-customer-number = Numéro client
identifier-loyalty-card = Carte de fidélité
rule-first-event = cité dans le premier événement
rule-same-event = cité avec « { $kind } » dans un même événement
rule-alias = déclaré identique par la boutique
rule-by-hand = fusion manuelle

# Les informations
trait-name = Nom complet
trait-first-name = Prénom
trait-last-name = Nom
trait-email = E-mail
trait-phone = Téléphone
trait-city = Ville
trait-country = Pays
trait-postal-code = Code postal
trait-address = Adresse
trait-birthday = Anniversaire
trait-gender = Genre
trait-language = Langue
trait-company = Société
trait-created-at = Compte créé le

# Les consentements
consent-granted = Accordé
consent-denied = Refusé
consent-withdrawn = Retiré
consent-unknown = Inconnu
channel-email = E-mail
channel-sms = SMS
channel-phone = Téléphone
channel-push = Notifications
channel-site = Site
channel-post = Courrier
purpose-marketing = marketing
purpose-analytics = mesure d’audience
purpose-personalisation = personnalisation
purpose-functional = nécessaire

# Les commandes
person-order-completed = Passée
person-order-updated = Modifiée
person-order-partially-refunded = Remboursée en partie
person-order-refunded = Remboursée
person-order-cancelled = Annulée
person-order-pending = Incomplète

# L’activité
timeline-all = Tout
timeline-kinds = Types d’événements
timeline-older = Afficher plus ancien
timeline-raw = Afficher les données
timeline-empty-title = Rien ici
timeline-empty-text = Les événements apparaissent ici au fur et à mesure.
timeline-none-text = Aucun événement de ce type.
person-event-panel = L’événement tel qu’il a été envoyé
person-event-name = Nom
person-event-at = Survenu
person-event-received = Reçu
person-event-message-id = Message

# La modification
edit-title = Modifier { $name }
edit-note = Une modification est un événement comme un autre : elle figure dans l’activité et les segments suivent aussitôt. Un champ vide efface la valeur.
edit-new-name = Autre information
edit-new-value = Sa valeur
edit-save = Enregistrer
edit-fault = L’enregistrement a échoué
edit-no-identifier = Cette personne n’a aucun identifiant auquel rattacher une modification.
edit-too-much = C’est trop pour une seule modification. Enregistrez en plusieurs fois.
edit-busy = La boutique est très sollicitée en ce moment. Réessayez dans quelques secondes.

# La fusion
merge-title = Fusionner { $name }
merge-search = Rechercher l’autre personne
merge-search-note = Choisissez la personne qui est la même. Vous verrez les deux fiches avant toute fusion.
merge-empty-title = Qui est la même personne ?
merge-empty-text = Recherchez par nom, e-mail, numéro de téléphone ou numéro de commande.
merge-none-text = Personne d’autre ne correspond.
merge-keep = Quelle fiche conserver ?
merge-note = Les deux conservent tous leurs événements. Vous pourrez annuler la fusion à tout moment.
merge-do = Fusionner les deux
merge-other = Choisir une autre personne

# Les conflits
conflicts-title = Conflits d’identité
conflicts-note = Deux personnes revendiquent le même identifiant. Seul quelqu’un qui les connaît peut dire si elles n’en font qu’une.
conflicts-none-title = Rien à décider
conflicts-none-text = Lorsque deux personnes revendiquent la même adresse e-mail ou le même compte, elles apparaissent ici.
conflict-times =
    { $count ->
        [one] vu une fois
       *[other] vu { $count } fois
    }
conflict-merge = C’est la même personne
conflict-keep-apart = Garder séparées
conflict-done-kept-apart = Les deux restent séparées.
conflict-done-decided = Ce conflit était déjà tranché.
conflict-shared-identifier = Un événement cite cet identifiant avec le compte d’une autre personne.
conflict-two-strong-identifiers = Chacune a son propre compte, et ce n’est pas le même.
conflict-public-key = Les deux personnes sont connues, et l’événement vient d’une page web, qui ne peut pas les fusionner.
conflict-kind-may-not-join = Ce type d’identifiant ne fusionne pas les personnes.
conflict-too-many-identifiers = Ensemble, elles auraient plus d’identifiants qu’une seule personne ne peut en avoir.
conflict-parted-by-a-person = Ces deux personnes ont déjà été séparées à la main ; aucune règle ne les fusionne de nouveau.
blocked-title = Valeurs qui n’identifient personne
blocked-note = Ces valeurs sont ignorées pour reconnaître les personnes.
blocked-none = Aucune pour le moment.
blocked-value = Valeur
blocked-kind = Type
blocked-reason = Raison
blocked-times = Fois
blocked-empty = Elle est vide
blocked-too-long = Elle est trop longue
blocked-placeholder = Un mot que les programmes écrivent quand une valeur manque
blocked-degenerate = Un seul caractère répété
blocked-fake-address = Une adresse saisie pour contourner un formulaire
blocked-control-characters = Elle contient des caractères illisibles
blocked-shared-by-many = Trop de personnes différentes l’utilisent
blocked-too-many-of-a-kind = La personne en a déjà le nombre maximal
