# L’effacement des personnes et ce qui le prouve.

# Effacement d’une personne
erase-title = Effacer { $name }
erase-warning = Cette action est définitive
erase-warning-text = La personne disparaît d’Entente immédiatement et pour toujours. Vous recevez un certificat.
erase-how = Effacer définitivement
erase-goes = Ce qui disparaît
erase-goes-rest = Disparaissent aussi toutes les caractéristiques et tous les consentements, les fusions, les conflits ouverts, les appels refusés et les réponses conservées qui concernent la personne.
erase-stays = Le chiffre d’affaires et les chiffres de visite restent : ils ne nomment personne. Une ligne du journal d’audit reste aussi, avec le seul identifiant de la fiche.
erase-backups = Les sauvegardes antérieures peuvent contenir la personne jusqu’à 30 jours. Une sauvegarde restaurée est de nouveau effacée avant toute lecture.
erase-reason = Motif
erase-reason-request = Demande de la personne
erase-reason-request-hint = La personne l’a demandé.
erase-reason-retention = Durée de conservation
erase-reason-retention-hint = Les données ne sont plus nécessaires.
erase-reason-other = Autre
erase-reason-other-hint = Un doublon, un essai, une erreur.
erase-never = Ne plus jamais contacter cette personne
erase-never-hint = Seule une empreinte à clé de chaque adresse e-mail et de chaque téléphone est conservée, pour qu’aucun import ne rétablisse le consentement. Les canaux que la personne a refusés sont conservés dans tous les cas.
erase-word = EFFACER
erase-type-word = Saisissez { $word } pour confirmer
erase-wrong-word = Saisissez le mot { $word }
erase-no-reason = Choisissez un motif
erase-do = Effacer définitivement

# Effacements et certificats
erasures-title = Effacements
erasures-note = Toutes les personnes effacées, comme la loi vous demande de pouvoir le montrer. Rien ici ne dit qui elles étaient.
erasures-empty-title = Personne n’a encore été effacé
erasures-empty-text = Ouvrez une fiche et choisissez « Effacer… ». Le certificat apparaîtra ici.
erasures-empty-action = Ouvrir les personnes
erasures-number = Numéro
erasures-state = État
erasures-asked-at = Demandé
erasures-asked-by = Par
erasures-events = Événements
erasure-begun = En cours
erasure-done = Terminé, authentique
erasure-forged = Modifié
notice-person-erased = La personne est effacée
certificate-title = Certificat d’effacement nº { $number }
certificate-print = Imprimer
certificate-about = L’effacement
certificate-id = Référence
certificate-done-at = Terminé
certificate-profiles = Fiches effacées
certificate-code = Preuve
certificate-code-note = Seul le fichier de clé de cette installation peut produire ce code. Il couvre la référence, les dates, l’auteur, le motif, les fiches et ce qui a été effacé.
certificate-no-code = Le code est produit lorsque l’effacement est terminé.
certificate-begun = Encore en cours
certificate-begun-text = Personne ne trouve plus cette fiche. Ce qui reste est en cours de suppression ; rouvrez cette page dans un instant.
certificate-erased = Ce qui a été effacé
certificate-kept = Ce qui reste
certificate-backups = Les sauvegardes antérieures peuvent contenir la personne jusqu’au { $date }. Une sauvegarde restaurée est de nouveau effacée avant toute lecture.
certificate-suppressed =
    { $count ->
        [0] Aucune adresse n’a été ajoutée à la liste repoussoir.
        [one] Une adresse figure sur la liste repoussoir, sous forme d’empreinte à clé.
       *[other] { $count } adresses figurent sur la liste repoussoir, sous forme d’empreintes à clé.
    }
certificate-tombstone = Des empreintes à clé des identifiants et les identifiants des fiches sont conservés, pour que la personne reste effacée. Ils ne disent à personne de qui il s’agissait.
erased-events = Événements
erased-profiles = Fiches
erased-identifiers = Identifiants
erased-orders = Commandes
erased-order-lines = Lignes de commande
erased-memberships = Appartenances aux segments
erased-merges = Fusions
erased-conflicts = Conflits
erased-dead-letters = Événements mis de côté
erased-rejects = Appels refusés
erased-kept-answers = Réponses conservées

# Les vues de la vie privée
privacy-title = Vie privée

# Les adresses à ne plus jamais contacter
suppressions-title = Ne plus contacter
suppressions-note = Les adresses de personnes effacées auxquelles il ne faut plus jamais écrire. Seules des empreintes à clé sont gardées : personne ne peut lire cette liste, mais vous pouvez l’interroger.
suppressions-ask = Interroger la liste
suppressions-address = Adresse e-mail ou numéro de téléphone
suppressions-address-hint = Elle est cherchée et n’est pas gardée.
suppressions-do-ask = Chercher
suppressions-no-address = Ce n’est ni une adresse e-mail ni un numéro de téléphone
suppressions-absent = Cette adresse n’est pas sur la liste.
suppressions-present = Cette adresse est sur la liste : ne la contactez pas.
suppressions-since = Depuis le { $date }. Seul le consentement de son titulaire l’en retire.
suppressions-list = Ce que contient la liste
suppressions-none = Rien pour l’instant. Une adresse arrive ici quand on efface une personne qui avait refusé un canal, ou demandé à ne plus jamais être contactée.
suppressions-channel = Canal
suppressions-channel-email = E-mail
suppressions-channel-sms = SMS
suppressions-reason = Motif
suppressions-reason-refused = Avait refusé ce canal
suppressions-reason-never_again = A demandé à ne plus jamais être contactée
suppressions-addresses = Adresses
suppressions-newest = La plus récente

# Ce qui est gardé, de qui et pourquoi
register-title = Ce qui est gardé
register-note = Chaque colonne de la base de données : à qui elle se rapporte, pour quoi, de quel droit et combien de temps. Le programme ne se construit pas s’il en manque une ici. Servez-vous-en pour votre registre des traitements (RGPD art. 30).
register-table = Table
register-columns = Colonnes
register-whose = De qui
register-whose-person = Clients et visiteurs
register-whose-member = Membres
register-whose-shop = La boutique
register-whose-figure = Personne : des sommes
register-whose-technical = Personne : technique
register-whose-tombstone = Empreintes à clé et dates
register-retention = Durée
register-with-person = Jusqu’à l’effacement de la personne
register-with-member = Tant que le membre a accès
register-with-shop = Tant que la boutique existe
register-days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
register-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
register-newest = Les { $count } plus récents de chaque source
register-until-decided = Jusqu’à ce qu’on l’applique ou le jette
register-erasing = À l’effacement
register-at-once = Supprimé aussitôt
register-in-steps = Supprimé en quelques minutes
register-runs-out = Expire de soi-même
register-basis-consent = Consentement (RGPD art. 6, 1, a)
register-basis-contract = Contrat (RGPD art. 6, 1, b)
register-basis-obligation = Obligation légale (RGPD art. 6, 1, c)
register-basis-interest = Intérêt légitime (RGPD art. 6, 1, f)
register-no-basis = Aucune donnée personnelle
register-purpose-customers = Connaître et servir clients et visiteurs
register-purpose-orders = Commandes et remboursements
register-purpose-refusals = Respecter les refus
register-purpose-erasure = Prouver les effacements, et les maintenir
register-purpose-integrity = Ne rien compter deux fois
register-purpose-repair = Réparer ce qui a été mal envoyé
register-purpose-access = Laisser entrer les membres, et personne d’autre
register-purpose-accountability = Qui a fait quoi
register-purpose-reports = Les chiffres de la boutique
register-purpose-operation = Réglages et travail du programme
