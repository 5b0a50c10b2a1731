# Les noms des événements.
event-page-viewed = Page vue
event-screen-viewed = Écran vu
event-products-searched = Recherche de produits
event-product-list-viewed = Rayon parcouru
event-product-list-filtered = Produits filtrés
event-promotion-viewed = Promotion vue
event-promotion-clicked = Clic sur une promotion
event-product-clicked = Clic sur un produit
event-product-viewed = Produit consulté
event-product-shared = Produit partagé
event-product-reviewed = Avis publié
event-product-added = Ajout au panier
event-product-removed = Retrait du panier
event-wishlist-added = Ajout à la liste d’envies
event-wishlist-removed = Retrait de la liste d’envies
event-cart-viewed = Panier consulté
event-cart-cleared = Panier vidé
event-cart-shared = Panier partagé
event-checkout-started = Commande commencée
event-checkout-step-viewed = Étape de commande affichée
event-checkout-step-completed = Étape de commande franchie
event-payment-info-entered = Moyen de paiement saisi
event-coupon-entered = Code promo saisi
event-coupon-applied = Code promo appliqué
event-coupon-denied = Code promo refusé
event-coupon-removed = Code promo retiré
event-order-completed = Commande passée
event-order-updated = Commande modifiée
event-order-refunded = Commande remboursée
event-order-cancelled = Commande annulée
event-order-refused = Commande incompréhensible
event-traits-refused = Trop d’attributs
event-identified = Identification
event-aliased = Deux identifiants réunis
event-grouped = Rattachement à une société
event-signed-up = Compte créé
event-signed-in = Connexion
event-signed-out = Déconnexion
event-newsletter-subscribed = Inscription à la newsletter
event-newsletter-unsubscribed = Désinscription de la newsletter
event-consent-updated = Consentement enregistré
event-consent-claimed = Consentement déclaré, non appliqué
event-segment-entered = Entrée dans un segment
event-segment-left = Sortie d’un segment
event-stage-changed = Nouvelle étape

event-products = { $count ->
    [one] { $count } produit
   *[other] { $count } produits
}
event-query = « { $query } »
event-consent-granted = accordé
event-consent-denied = refusé
event-consent-choice = { $purpose } : { $state }
event-stage-visitor = Visiteur
event-stage-prospect = Prospect
event-stage-customer = Client
event-stage-loyal = Fidèle
event-stage-dormant = Inactif

event-category-visit = Visites
event-category-cart = Panier
event-category-order = Commandes
event-category-identity = Identité
event-category-consent = Consentement
event-category-segment = Segments
event-category-other = Autres
