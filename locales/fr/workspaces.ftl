# La connexion, les membres, le compte, les réglages et les clés d’API.

# Les rôles
role-owner = Propriétaire
role-owner-hint = Peut tout faire, et décide de ce que peuvent les autres.
role-admin = Administrateur
role-admin-hint = Peut tout faire, sauf modifier les propriétaires.
role-dpo = Délégué à la protection des données
role-dpo-hint = Consulte, corrige et efface les fiches, fusionne les doublons, voit les membres.
role-marketer = Marketing
role-marketer-hint = Travaille chaque jour avec les clients et les segments.
role-analyst = Analyste
role-analyst-hint = Construit des segments et lit les chiffres, sans voir l’identité des personnes.
role-agent = Conseiller
role-agent-hint = Au service des clients : consulte et corrige les fiches.
role-viewer = Lecteur
role-viewer-hint = Regarde, ne change rien, ne voit pas l’identité des personnes.

# Les champs
your-name = Votre nom
your-email = Votre adresse e-mail
password = Mot de passe
new-password = Choisissez un mot de passe
password-hint = Au moins 12 caractères. Trois ou quatre mots sans rapport font très bien l’affaire.
password-current = Votre mot de passe actuel
save = Enregistrer
name-missing = Écrivez un nom.
name-too-long = Écrivez un nom de 100 caractères au plus.
email-malformed = Écrivez une adresse comme ana@example.com.
date-malformed = Choisissez un jour.
choose-from-list = Choisissez dans la liste.
password-too-short = Choisissez un mot de passe d’au moins 12 caractères.
password-too-long = Choisissez un mot de passe de 128 caractères au plus.
password-common = C’est l’un des premiers que l’on essaierait. Choisissez-en un autre.
password-made-of-names = Il n’est fait que de noms que tout le monde connaît. Ajoutez quelques mots inattendus.
password-wrong = Ce n’est pas le bon mot de passe.

# La mise en route
set-up-title = Bienvenue dans Entente
set-up-intro = Dites-nous qui vous êtes et comment s’appelle votre boutique. Tout pourra être changé plus tard.
set-up-submit = Ouvrir ma boutique
shop-name = Nom de la boutique
shop-language = Langue
shop-country = Pays
shop-currency = Monnaie
shop-time-zone = Fuseau horaire

# La connexion
sign-in-title = Connexion
sign-in-submit = Se connecter
sign-in-refused = L’adresse ou le mot de passe n’est pas le bon.
sign-in-too-soon = Trop d’essais. Réessayez dans { $duration }.
sign-in-password-reset = Votre nouveau mot de passe est prêt. Connectez-vous.
sign-in-forgotten = Mot de passe oublié ? Un administrateur de votre boutique peut vous créer un lien pour en choisir un nouveau.

# Les liens à usage unique
join-title = Rejoindre { $shop }
join-intro = Vous êtes invité sous l’adresse { $email }, avec ce rôle : { $role }. Dites comment vous vous appelez et choisissez un mot de passe.
join-intro-known = Vous êtes invité sous l’adresse { $email }, avec ce rôle : { $role }. Vous avez déjà un compte ici : entrez son mot de passe.
join-submit = Rejoindre
reset-title = Choisissez un nouveau mot de passe
reset-intro = Pour { $email }. Vous serez déconnecté partout ailleurs.
reset-submit = Choisir ce mot de passe
dead-link-title = Ce lien ne fonctionne plus
dead-invitation = Il a déjà servi, a été retiré, ou date de plus de sept jours. Demandez une nouvelle invitation.
dead-reset = Il a déjà servi, ou date de plus de 30 minutes. Demandez-en un nouveau à la page de connexion, ou à un administrateur.
dead-sign-in-link = Il a déjà servi, date de plus d’une heure, ou a été ouvert sur une autre machine.
enter-title = La boutique de démonstration
enter-intro = Vous êtes connecté en tant que propriétaire, une seule fois, depuis cette machine.
enter-submit = Entrer dans la boutique
shown-once = Copiez maintenant : ceci ne sera plus affiché

# Les membres
members-title = Membres
members-invite = Inviter quelqu’un
member-name = Nom
member-email = E-mail
member-role = Rôle
member-last-seen = Vu
member-actions = Actions
member-actions-of = Actions pour { $name }
member-you = vous
member-disabled = désactivé
member-disable = Désactiver
member-enable = Réactiver
member-remove = Retirer de la boutique
member-remove-title = Retirer { $name } ?
member-remove-text = La personne est déconnectée aussitôt et ne peut revenir que par une nouvelle invitation.
member-reset-link = Lien pour un nouveau mot de passe
member-second-factor = second facteur
member-remove-second-factor = Retirer le second facteur
invite-who = Qui invitez-vous ?
invite-submit = Créer le lien d’invitation
invitations-title = Invitations en attente
invitation-ends = Fin
invitation-withdraw = Retirer
invitation-link-title = Lien d’invitation
invitation-link-text = Transmettez ce lien vous-même, par e-mail ou messagerie. Il sert une fois, pendant sept jours.
reset-link-title = Lien pour un nouveau mot de passe
reset-link-text = Transmettez ce lien vous-même, à la bonne personne. Il sert une fois, pendant 30 minutes.
notice-role-changed = Rôle modifié
notice-member-disabled = Membre désactivé et déconnecté
notice-member-enabled = Le membre peut se reconnecter
notice-member-removed = Membre retiré
notice-invitation-withdrawn = Invitation retirée
notice-invitation-over = Cette invitation était déjà utilisée, retirée ou expirée
problem-last-owner = C’est le dernier propriétaire. Nommez-en d’abord un autre.
problem-only-owners = Seul un propriétaire peut nommer ou modifier des propriétaires.
problem-signs-in-elsewhere = Cette personne se connecte aussi à d’autres boutiques. L’administrateur du serveur peut aider.
problem-no-such-member = Ce membre n’est plus là.
problem-no-such-key = Cette clé n’est plus là.
problem-already-member = Cette personne est déjà membre.

# Le compte
account-title = Votre compte
account-person = Vous
account-preferences = L’apparence d’Entente
account-password = Mot de passe
password-change = Changer le mot de passe
sessions-title = Où vous êtes connecté
sessions-end-others = Se déconnecter partout ailleurs
session-device = Appareil
session-begun = Depuis
session-last-seen = Vu
session-this = celui-ci
session-end = Déconnecter
session-unknown-device = Appareil inconnu
notice-name-saved = Nom enregistré
notice-password-changed = Mot de passe changé ; vos autres appareils sont déconnectés
notice-session-ended = Appareil déconnecté
notice-sessions-ended = Tous les autres appareils sont déconnectés
notice-preferences-saved = Enregistré
notice-second-factor-removed = Second facteur retiré
notice-security-saved = Enregistré ; cela compte dès le prochain clic de chacun

# Le second facteur
second-factor = Second facteur
second-factor-intro = Avec un second facteur, personne ne se connecte avec votre seul mot de passe : un code donné par une application de votre téléphone est demandé aussi.
second-factor-app = Application d’authentification
second-factor-begin = Configurer une application
second-factor-scan = Scannez cette image avec une application d’authentification (Aegis, 2FAS, Google Authenticator, un gestionnaire de mots de passe…).
second-factor-picture = Image pour une application d’authentification
second-factor-type = Sans appareil photo, tapez cette clé dans l’application :
second-factor-first-code = Tapez le code que l’application affiche maintenant.
second-factor-confirm = Activer le second facteur
second-factor-on = activé
second-factor-since = depuis le { $date }
second-factor-remove = Retirer l’application
second-factor-remove-title = Retirer l’application d’authentification ?
second-factor-remove-text = Votre mot de passe suffira de nouveau. Vos autres appareils sont déconnectés.
second-factor-owed = Votre boutique demande un second facteur
second-factor-owed-text = Configurez-le ici ; tout le reste s’ouvre ensuite.
account-second-factor-on = Il est activé : personne ne se connecte avec votre seul mot de passe.
account-second-factor-change = Clés d’accès, codes de secours et changements
recovery-codes = Codes de secours
recovery-codes-text = Chacun vous connecte une fois, après votre mot de passe, quand vous n’avez ni votre clé d’accès ni votre téléphone. Gardez-les ailleurs, sur papier ou dans un gestionnaire de mots de passe.
recovery-codes-kept = Je les ai gardés
recovery-codes-renew = Nouveaux codes de secours
recovery-codes-left = { $count ->
    [0] Il ne reste aucun code de secours. Créez-en avant d’en avoir besoin.
    [one] Il reste { $count } code de secours.
   *[other] Il reste { $count } codes de secours.
}
code = Code
code-wrong = Ce code n’est pas le bon, ou a déjà servi. Attendez le suivant.
second-step-title = Encore une étape
second-step-intro = Tapez le code que votre application d’authentification affiche.
second-step-lost = Si vous n’avez rien de cela, tapez un de vos codes de secours. S’ils sont perdus aussi, un administrateur peut retirer votre second facteur.

# Prouver à nouveau
confirm-title = Est-ce toujours vous ?
confirm-intro = Ce que vous allez faire demande la preuve que c’est toujours vous. Recommencez ensuite ; pendant dix minutes, elle ne sera plus demandée.
confirm-submit = Continuer

# Plusieurs boutiques
shops-title = Vos boutiques
shops-change = Changer de boutique
shop-open = Ouvrir
shop-this = ouverte
account-open = Votre compte

# La sécurité
security-title = Sécurité
security-intro = Les membres qui ont ces rôles ne peuvent rien faire avant d’avoir une clé d’accès ou une application d’authentification.
security-roles = Demander un second facteur

# Le journal d’audit
audit-intro = Qui a fait quoi, et quand. Les entrées sont enchaînées : une modification ou un manque se voit dans entente doctor.
audit-who = Qui
audit-what = Quoi
audit-subject = Concerne
audit-detail = Détails
audit-when = Quand
audit-everybody = Tout le monde
audit-everything = Tout
audit-system = Entente
audit-empty-title = Rien ici
audit-empty-text = Aucune entrée ne répond à ces choix.
audit-download = Télécharger en CSV
audit-access-denied = Accès refusé
audit-api-key-created = Clé d’API créée
audit-api-key-revoked = Clé d’API révoquée
audit-audit-exported = Journal d’audit téléchargé
audit-identity-conflict-decided = Conflit d’identité tranché
audit-invitation-withdrawn = Invitation retirée
audit-member-added = Membre ajouté
audit-member-disabled = Membre désactivé
audit-member-enabled = Membre réactivé
audit-member-invited = Membre invité
audit-member-joined = Membre arrivé
audit-member-removed = Membre retiré
audit-member-role-changed = Rôle modifié
audit-owner-created = Propriétaire créé en ligne de commande
audit-password-changed = Mot de passe changé
audit-password-reset = Mot de passe choisi par lien
audit-password-reset-link-made = Lien pour un nouveau mot de passe créé
audit-person-viewed = Fiche consultée
audit-person-erased = Personne effacée
audit-person-erased-again = Personne effacée de nouveau après une restauration
audit-recovery-codes-renewed = Codes de secours renouvelés
audit-second-factor-refused = Second facteur refusé
audit-second-factor-removed = Second facteur retiré
audit-second-factor-roles-changed = Rôles avec second facteur modifiés
audit-second-factor-set-up = Second facteur configuré
audit-segment-changed = Segment modifié
audit-segment-created = Segment créé
audit-segment-deleted = Segment supprimé
audit-segment-restored = Segment rétabli
audit-settings-changed = Réglages modifiés
audit-sign-in-refused = Mot de passe refusé
audit-signed-in = Connexion
audit-source-changed = Source modifiée
audit-dead-letters-retried = Événements mis de côté appliqués de nouveau
audit-source-created = Source créée
audit-source-switched-off = Source éteinte
audit-source-switched-on = Source rallumée
audit-workspace-created = Boutique créée
audit-workspace-set-up = Boutique mise en route

# Les réglages
settings-title = Réglages
settings-shop = Boutique
settings-changed-meanwhile = Quelqu’un d’autre a modifié les réglages entre-temps. Voici ce qu’il a enregistré ; refaites vos changements.
notice-settings-saved = Réglages enregistrés

# Les clés d’API
keys-title = Clés d’API
keys-intro = Pour les programmes qui lisent ou écrivent par l’API. Le script de votre boutique a sa propre clé, dans Sources.
keys-empty-title = Aucune clé d’API
keys-empty-text = Une clé permet à l’un de vos programmes de lire des fiches, de construire des segments ou d’envoyer des événements.
key-create = Nouvelle clé
key-create-submit = Créer la clé
key-name = Nom
key-name-hint = Ce qui s’en servira : « Entrepôt », « Export de nuit ».
key-prefix = Commence par
key-scopes = Permet de
key-last-used = Dernière utilisation
key-expires = Fin
key-expired = terminée
key-revoke = Révoquer
key-revoke-title = Révoquer « { $name } » ?
key-revoke-text = Les programmes qui s’en servent seront refusés dès maintenant. Elle ne pourra pas être rétablie.
key-revoked = révoquée
key-secret-text = Seule son empreinte est conservée. Si vous la perdez, créez-en une autre.
key-no-scope = Choisissez au moins une chose que la clé permet.
key-expires-in-the-past = Choisissez un jour qui n’est pas passé.
scope-events-write = envoyer des événements
scope-profiles-read = lire les fiches
scope-profiles-write = lire, modifier et fusionner les fiches
scope-profiles-erase = effacer définitivement des personnes
scope-segments-read = lire les segments
scope-segments-write = lire et modifier les segments
notice-key-revoked = Clé révoquée

# Les erreurs
error-sign-in-title = Vous êtes déconnecté
error-sign-in-text = Rien n’a été changé. Connectez-vous, puis recommencez.
error-forbidden-title = Ce n’est pas pour vous
error-forbidden-text = Votre rôle ne le permet pas, ou la demande ne venait pas d’une page de cette installation. Un administrateur peut aider.
error-not-found-title = Il n’y a rien ici
error-not-found-text = Ce qui se trouvait à cette adresse a disparu, ou n’a jamais existé.
error-conflict-title = Quelqu’un a été plus rapide
error-conflict-text = Quelqu’un d’autre l’a modifié entre-temps. Revenez en arrière, regardez, puis réessayez.
error-too-large-title = Trop lourd
error-too-large-text = Ce que vous avez envoyé dépasse ce que cette page accepte.
error-too-many-title = Trop vite
error-too-many-text = Cela faisait beaucoup en peu de temps. Attendez un instant, puis réessayez.
error-bad-request-title = Demande illisible
error-bad-request-text = Il manquait quelque chose, ou ce n’était pas ce que l’on attendait. Revenez en arrière et réessayez.
error-unavailable-title = Un petit instant
error-unavailable-text = Le serveur est occupé ou redémarre. Rien n’est perdu ; réessayez dans un instant.
error-internal-title = Quelque chose s’est mal passé de notre côté
error-internal-text = C’est noté. Réessayez ; si cela se reproduit, prévenez votre administrateur.
error-to-home = Aller à l’accueil
error-to-sign-in = Se connecter

# La connexion par un fournisseur d’identité
sso-sign-in = Se connecter avec { $name }
sso-prove = Confirmer avec { $name }
sso-prove-intro = { $name } vous demande de vous connecter encore une fois. Vous revenez ensuite là où vous étiez.
sso-link = Lier mon compte
sso-link-intro = Connectez-vous chez { $name } avec le compte qui est le vôtre. Il vous connectera ensuite ici.
sso-go-on = Continuer vers { $name }
sso-unlink = Retirer le lien
sso-linked-since = Votre compte chez { $name } vous connecte ici, depuis le { $since }.
sso-not-linked = Vous pouvez vous connecter ici avec votre compte chez { $name }.
notice-sso-linked = Compte lié : vous pouvez désormais vous connecter ainsi
notice-sso-unlinked = Lien retiré
problem-sso-gone = Cette connexion a pris trop de temps, a déjà servi, ou a commencé dans un autre navigateur. Recommencez.
problem-sso-too-soon = Trop de connexions ont commencé depuis votre réseau. Attendez un instant, puis recommencez.
problem-sso-unreachable = Le service de connexion de votre entreprise est injoignable pour l’instant. Connectez-vous avec votre mot de passe, ou réessayez dans un moment.
problem-sso-cancelled = Vous n’avez pas été connecté. Recommencez, ou utilisez votre mot de passe.
problem-sso-unbelievable = La réponse du service de connexion n’est pas digne de confiance. Personne n’a été connecté. Si cela se reproduit, prévenez votre administrateur : le journal du serveur dit pourquoi.
problem-sso-unverified = Le service de connexion n’a pas vérifié votre adresse e-mail : impossible de savoir quel compte est le vôtre. Connectez-vous avec votre mot de passe et liez-le dans Votre compte.
problem-sso-stranger = Personne avec cette adresse ne peut se connecter ici. Demandez à un administrateur de votre boutique de vous inviter.
problem-sso-other-person = Ce compte est déjà associé à un autre. Le journal d’audit dira à un administrateur qui est qui.
audit-sso-linked = Compte du fournisseur d’identité lié
audit-sso-refused = Refus après le fournisseur d’identité
audit-sso-unlinked = Compte du fournisseur d’identité délié
