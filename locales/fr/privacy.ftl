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
