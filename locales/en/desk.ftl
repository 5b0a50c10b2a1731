# Home, Live, the first steps, the sources and the palette.

desk-live = Live

# Home
home-title = Today
home-visitors = Visitors
home-orders = Orders
home-revenue = Revenue
home-new-customers = New customers
home-than-yesterday = vs yesterday, same time
home-nothing-before = nothing yesterday at this time
home-sparkline = { $figure }, last { $days } days: between { $lowest } and { $highest } a day
home-stream = What is happening
home-stream-more = Who is here
home-movements = Movement between segments
home-movements-more = All segments
home-entered = In
home-left = Out
home-building = building
home-silent-title = Your shop has not spoken yet
home-silent-text = As soon as the first visitor arrives, this page fills by itself: visitors, orders, revenue, and who moves between your segments.
home-connect = Connect your shop

# Orders of a day
orders-title = Orders
orders-views = Which orders
orders-all = All orders
orders-first = First orders of new customers
orders-customer = Customer
orders-number = Order
orders-status = Status
orders-time = Time
orders-total = Total
orders-refunded = Refunded
orders-empty-title = No orders on this day
orders-empty-text = Orders appear here the moment the shop reports them.
order-status-pending = refund without order
order-status-completed = placed
order-status-updated = changed
order-status-partially-refunded = partly refunded
order-status-refunded = refunded
order-status-cancelled = cancelled

# Live
live-title = Live
live-intro = Everybody who did something in the shop within the last five minutes.
live-count = { $count ->
    [one] { $count } person in the shop
   *[other] { $count } people in the shop
}
live-cut = or more: the shop is too busy to count everybody
live-visitor = Who
live-page = Page
live-pages = Pages
live-cart = Cart
live-segments = Segments
live-since = Last seen
live-since-time = here since { $time }
live-empty-title = Nobody is in the shop right now
live-empty-text = Leave this page open: the next visitor appears by himself.
device-phone = Phone
device-tablet = Tablet
device-desktop = Computer
device-unknown = Unknown device

# First steps
welcome-title = Connect { $shop }
welcome-intro = Three steps, and the first visitor appears.
welcome-later = Later
welcome-step-address = 1 · The address of your shop
welcome-address = Web address
welcome-address-hint = Only pages of this address may send events. Several addresses: separate them with commas.
welcome-address-save = Save the address
welcome-step-snippet = 2 · The line that connects it
welcome-step-light = 3 · We listen
welcome-waiting = Waiting for the first event…
welcome-waiting-text = Open your shop in another tab. This light turns green by itself.
welcome-unlisted = A shop is calling from another address
welcome-unlisted-text = Pages of { $origin } tried to send, but this address is not allowed yet. Is it yours?
welcome-heard = We hear your shop
welcome-go = Go to Home

# Ways to connect
connect-ways = Ways to connect
connect-site = Script tag
connect-site-text = Paste this before </head> on every page of the shop.
connect-library = Segment library
connect-library-text = Any public Segment client library works unchanged. Give it this host and this write key.
connect-file = Orders file
connect-file-text = Bring in past orders from a CSV or JSON Lines file. Run this on the machine where Entente runs; a repeat changes nothing.
connect-host = Host
connect-key = Write key

# Sources
sources-title = Sources
sources-intro = Where events come from, and how each source is doing.
sources-empty-title = No source yet
sources-empty-text = A source is a site, a server or a file that sends events.
source-new = New source
source-new-panel = What sends?
source-create = Create source
source-name = Name
source-name-hint = Such as “Shop”, “App” or “Till”.
source-kind = Kind
source-kind-site = Website
source-kind-site-hint = Pages with the script tag.
source-kind-server = Server or app
source-kind-server-hint = A program with a Segment client library.
source-kind-api = API
source-kind-import = Import
source-origins = Web addresses
source-origins-hint = One on each line, with https://. Only their pages may send with this key.
source-bad-origin = “{ $given }” is not a web address. Write https://boutique.example, without a path.
source-too-many-origins = At most 50 addresses.
source-bad-name = Write a name of at most 100 characters.
source-connect = Connect
source-settings = Settings
source-health = State
source-health-panel = Health
source-light-heard = heard
source-light-quiet = quiet
source-light-never = never heard
source-light-off = switched off
source-last = Last event
source-today = Today
source-days = { $days } days
source-week = Last 7 days
source-sparkline = Events of { $name } in the last 7 days
source-rejected = Refused
source-repeated = Repeats ignored
source-bots = Bots kept out
source-key = Write key
source-rejects = Last refused
source-rejects-none = Nothing was refused.
reject-bad-field = A field is of the wrong type
reject-bad-json = Not readable as JSON
reject-bad-message-id = The message id is too long
reject-bad-timestamp = A time is not written as RFC 3339
reject-long-event-name = The name of the event is too long
reject-no-event-name = The event has no name
reject-no-identity = Nobody is named: no user id, no anonymous id
reject-no-previous-id = An alias call without the earlier id
reject-no-type = The call does not say its type
reject-not-an-object = An object was expected
reject-origin-not-listed = This address may not send
reject-too-large = The event is too large
reject-unknown-type = This call is not known
source-allow = Allow { $origin }
source-switch-off = Switch off
source-switch-on = Switch on
source-is-off = This source is switched off
source-is-off-text = What it sends is refused until it is switched on again.
source-done-made = The source is ready.
source-done-saved = Saved.
source-done-allowed = The address is allowed: its pages may send from now on.
source-done-off = The source is switched off.
source-done-on = The source is switched on.
source-done-retried = Applied: the events that were set aside are on their timelines.
source-done-retried-in-vain = Some events still cannot be applied and stay set aside.
dead-title = { $count ->
    [one] { $count } event could not be applied
   *[other] { $count } events could not be applied
}
dead-text = They are set aside whole; all other events went on. When the cause is gone, apply them: each counts once.
dead-retry = Apply them now
dead-newest = Set aside last
dead-at = When
dead-source = Source
dead-event = Event
dead-reason = Why

# Palette
palette-orders = Orders of today
palette-new-segment = New segment
palette-new-source = New source
palette-connect = Connect the shop
palette-keys = API keys
palette-account = Your account
palette-security = Security settings
palette-second-factor = Second factor
