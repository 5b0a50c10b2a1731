# What events are called.
event-page-viewed = Page viewed
event-screen-viewed = Screen viewed
event-products-searched = Products searched
event-product-list-viewed = Category browsed
event-product-list-filtered = Products filtered
event-promotion-viewed = Promotion seen
event-promotion-clicked = Promotion clicked
event-product-clicked = Product clicked
event-product-viewed = Product viewed
event-product-shared = Product shared
event-product-reviewed = Review written
event-product-added = Added to cart
event-product-removed = Removed from cart
event-wishlist-added = Added to wish list
event-wishlist-removed = Removed from wish list
event-cart-viewed = Cart viewed
event-cart-cleared = Cart emptied
event-cart-shared = Cart shared
event-checkout-started = Checkout started
event-checkout-step-viewed = Checkout step viewed
event-checkout-step-completed = Checkout step completed
event-payment-info-entered = Payment details entered
event-coupon-entered = Coupon entered
event-coupon-applied = Coupon applied
event-coupon-denied = Coupon refused
event-coupon-removed = Coupon removed
event-order-completed = Order placed
event-order-updated = Order updated
event-order-refunded = Order refunded
event-order-cancelled = Order cancelled
event-order-refused = Order not understood
event-traits-refused = Too many traits
event-identified = Identified
event-aliased = Two ids joined
event-grouped = Joined a company
event-signed-up = Account created
event-signed-in = Signed in
event-signed-out = Signed out
event-newsletter-subscribed = Newsletter subscription
event-newsletter-unsubscribed = Newsletter cancelled
event-consent-updated = Consent recorded
event-consent-claimed = Consent claimed, not applied
event-segment-entered = Entered a segment
event-segment-left = Left a segment
event-stage-changed = New stage

event-products = { $count ->
    [one] 1 product
   *[other] { $count } products
}
event-query = “{ $query }”
event-consent-granted = granted
event-consent-denied = refused
event-consent-choice = { $purpose }: { $state }
event-stage-visitor = Visitor
event-stage-prospect = Prospect
event-stage-customer = Customer
event-stage-loyal = Loyal
event-stage-dormant = Dormant

event-category-visit = Visits
event-category-cart = Cart
event-category-order = Orders
event-category-identity = Identity
event-category-consent = Consent
event-category-segment = Segments
event-category-other = Other
