# Segments: the list, the page, the condition builder, the reasons.

# The list
segments-title = Segments
segments-note = Who is in which group, true to the second.
segments-empty-title = No segment yet
segments-empty-text = A segment gathers the people who meet a condition, and keeps itself up to date.
segments-search = Find a segment
segments-none-title = No segment of this name
segments-none-text = Try a shorter part of its name.
segments-found = { $count ->
    [one] { $count } segment
   *[other] { $count } segments
}
segment-new = New segment
segment-name = Name
segment-members = Members
segment-share = Share of people
segment-thirty-days = Last 30 days
segment-today = Today
segment-status = State
segment-live = Live
segment-building = Building
segment-sparkline = Members of “{ $name }” over 30 days
segment-entered = entered
segment-left = left

# Ready-made segments
segment-ready-new-visitors = New visitors
segment-ready-new-visitors-text = Came for the first time in the last 7 days, not known yet
segment-ready-prospects = Prospects
segment-ready-prospects-text = Known, without an order
segment-ready-first-time-buyers = First-time buyers
segment-ready-first-time-buyers-text = One order, in the last 90 days
segment-ready-repeat-buyers = Repeat buyers
segment-ready-repeat-buyers-text = Two orders or more
segment-ready-vip = VIP
segment-ready-vip-text = Three orders or more, 500 or more spent, active this year
segment-ready-at-risk = At risk
segment-ready-at-risk-text = Repeat buyers without an order for 90 days
segment-ready-dormant = Dormant
segment-ready-dormant-text = Neither order nor visit for 180 days
segment-ready-cart-left = Cart left
segment-ready-cart-left-text = Something in the cart, left for more than an hour

# One segment
segment-edit = Edit
segment-edit-title = Edit segment
segment-duplicate = Duplicate
segment-delete = Delete
segment-copy-of = { $name } (copy)
segment-condition-title = Condition
segment-changed = Changed
segment-entered-today = Entered today
segment-left-today = Left today
segment-entries = Entries per day
segment-exits = Exits per day
segment-no-moves = Nobody in the last 30 days.
segment-day = Day
segment-of-people = { $count ->
    [one] of { $count } person
   *[other] of { $count } people
}
segment-people = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
segment-nobody-title = Nobody yet
segment-nobody-text = As soon as somebody meets the condition, they appear here.
segment-building-title = Building
segment-building-text = Members appear while the segment is being built.
segment-person = Person
segment-person-email = Email
segment-person-stage = Stage
segment-person-seen = Last seen
segment-person-orders = Orders
segment-person-revenue = Revenue
segment-done-created = Segment made. Building has begun.
segment-done-saved = Segment saved.
segment-done-deleted = Segment deleted.
segment-done-restored = Segment restored. Building has begun.

# As of: the past replayed
as-of-title = Look back
as-of-of = { $name }, in the past
as-of-label = Who was in it on ({ $zone } time)
as-of-show = Look back
as-of-now = Back to now
as-of-days = { $count ->
    [one] Yesterday
   *[other] { $count } days ago
}
as-of-stood = Members as of { $date }
as-of-what = Recomputed from the log with today’s condition: what had arrived by then counts as it counted then, and people count as they were known then, before later merges.
as-of-then = Members then
as-of-members-now = Members now
as-of-counting = { $share } counted, going on…
as-of-same = as many as now
as-of-more-now = { $count ->
    [one] { $count } more now
   *[other] { $count } more now
}
as-of-fewer-now = { $count ->
    [one] { $count } fewer now
   *[other] { $count } fewer now
}
as-of-members = Members then
as-of-today = Today
as-of-still = In the segment
as-of-since = entered
as-of-merged = Merged since
as-of-gone = No longer in it
as-of-unreadable = This is no date and time. Choose one, or write it as 2026-11-01T08:30.
as-of-future = This instant lies in the future. Choose one that has passed.
as-of-before = The log begins on { $date }. Choose that instant or a later one.
as-of-nothing = No event has arrived yet, so there is no past to look at.
as-of-none-so-far-title = Nobody so far
as-of-none-so-far-text = None of the people looked at so far was in the segment then. There are more.
as-of-look-on = Look at the next people
as-of-no-more-title = Nobody else
as-of-no-more-text = The pages before hold everybody who was in the segment then.
as-of-nobody-title = Nobody then
as-of-nobody-text = At that instant, nobody met the condition.

# The form
segment-save = Save
segment-count = Count
segment-condition = Condition (JSON)
segment-condition-hint = For example {"{"}"metric": "orders_count", "op": "gte", "value": 2{"}"}. Empty: everybody.
segment-preview-empty = The number of people will show here.
segment-preview-people = { $count ->
    [one] person
   *[other] people
}
segment-preview-share = { $share } of all
segment-preview-sample = For example

# What is wrong
segment-problem-bad-name = Give it a name of at most 100 characters.
segment-problem-too-many-segments = A shop holds at most 500 segments; delete one that is not used.
segment-problem-contact-hidden = A part of this condition asks for a value that may tell who somebody is, which your role does not see. Ask whether it is known, or use groups, figures and behaviour.
segment-problem-segment-in-use = Another segment refers to this one; change it first.
segment-problem-segment-changed = Somebody else changed this segment meanwhile. Reload the page before you save.
segment-problem-not-restored = This segment cannot be restored: what it refers to is gone.
segment-problem-condition-not-json = This text is not JSON.
segment-problem-condition-wrong-type = This value has the wrong type.
segment-problem-condition-unknown-node = This condition does not say what it is about.
segment-problem-condition-unknown-field = This condition has an unknown field.
segment-problem-condition-missing-field = This condition lacks a field.
segment-problem-condition-unknown-word = This word is not known.
segment-problem-condition-bad-value = This value does not fit.
segment-problem-condition-too-deep = Groups are nested too deep (8 levels at most).
segment-problem-condition-too-many = The condition is too large.
segment-problem-condition-circle = Segments refer to each other in a circle.
segment-problem-condition-unknown-segment = A segment that the condition refers to does not exist.
segment-problem-condition-too-large = The condition is too large with the segments it refers to.

# The condition in words
segment-words-everybody = Everybody
segment-words-nobody = Nobody
segment-words-all = All of these:
segment-words-any = At least one of these:
segment-words-not = None of these:
segment-words-and = and
segment-words-or = or
segment-words-no = not
segment-words-where = where
segment-words-in = Is in the segment
segment-words-gone = deleted segment
segment-words-consent = Consent
segment-words-sum = total of { $property }
segment-value-true = yes
segment-value-false = no
segment-times-never = never
segment-times-gte = { $count ->
    [one] at least once
   *[other] at least { $count } times
}
segment-times-gt = { $count ->
    [one] more than once
   *[other] more than { $count } times
}
segment-times-eq = { $count ->
    [one] exactly once
   *[other] exactly { $count } times
}
segment-times-ne = { $count ->
    [one] not exactly once
   *[other] not exactly { $count } times
}
segment-times-lt = fewer than { $count } times
segment-times-lte = { $count ->
    [one] at most once
   *[other] at most { $count } times
}
segment-sign-eq = =
segment-sign-ne = ≠
segment-sign-lt = <
segment-sign-lte = ≤
segment-sign-gt = >
segment-sign-gte = ≥
segment-op-eq = is
segment-op-ne = is not
segment-op-in = is one of
segment-op-not-in = is none of
segment-op-lt = <
segment-op-lte = ≤
segment-op-gt = >
segment-op-gte = ≥
segment-op-contains = contains
segment-op-starts-with = begins with
segment-op-ends-with = ends with
segment-op-exists = is known
segment-op-not-exists = is not known
segment-op-before = before
segment-op-after = after
segment-op-not-within-last = not
segment-op-time-lt = before
segment-op-time-lte = by
segment-op-time-gt = after
segment-op-time-gte = from
segment-window-days = { $count ->
    [one] in the last 24 hours
   *[other] in the last { $count } days
}
segment-window-hours = { $count ->
    [one] in the last hour
   *[other] in the last { $count } hours
}
segment-window-minutes = { $count ->
    [one] in the last minute
   *[other] in the last { $count } minutes
}
segment-window-seconds = { $count ->
    [one] in the last second
   *[other] in the last { $count } seconds
}
segment-consent-unknown = unknown
segment-consent-granted = granted
segment-consent-withdrawn = withdrawn
segment-consent-denied = refused
segment-channel-email = Email
segment-channel-sms = Text message
segment-channel-phone = Phone
segment-channel-push = Notifications
segment-channel-post = Post
segment-channel-site = Site
segment-purpose-marketing = Marketing
segment-purpose-analytics = Analytics
segment-purpose-personalization = Personalisation
segment-purpose-newsletter = Newsletter

# Computed values
segment-metric-orders-count = Number of orders
segment-metric-revenue = Revenue
segment-metric-average-order-value = Average order
segment-metric-refunded-total = Total refunded
segment-metric-first-order-at = First order
segment-metric-last-order-at = Last order
segment-metric-first-seen-at = First visit
segment-metric-last-seen-at = Last visit
segment-metric-events-count = Number of events
segment-metric-cart-items = Items in the cart
segment-metric-cart-value = Value of the cart
segment-metric-lifecycle-stage = Customer stage

# Known traits and properties
segment-trait-email = Email address
segment-trait-phone = Phone
segment-trait-name = Full name
segment-trait-first-name = First name
segment-trait-last-name = Last name
segment-trait-country = Country
segment-trait-city = City
segment-trait-postcode = Postcode
segment-trait-birthday = Birthday
segment-trait-gender = Gender
segment-trait-language = Language
segment-trait-company = Company
segment-trait-created-at = Account made
segment-trait-title = Title
segment-property-category = category
segment-property-name = name
segment-property-brand = brand
segment-property-variant = variant
segment-property-price = price
segment-property-quantity = quantity
segment-property-currency = currency
segment-property-total = total amount
segment-property-revenue = revenue
segment-property-value = value
segment-property-subtotal = subtotal
segment-property-shipping = shipping
segment-property-tax = tax
segment-property-discount = discount
segment-property-coupon = coupon
segment-property-query = search
segment-property-product-id = product id
segment-property-sku = article number
segment-property-order-id = order number
segment-property-url = page address
segment-property-path = page path
segment-property-title = title

# Reasons
segment-reason-true = True:
segment-reason-false = False:
segment-reason-unknown = nothing
segment-reason-measured = Found: { $value }
segment-reason-times = { $count ->
    [one] once
   *[other] { $count } times
}
segment-reason-since = since { $date }
segment-reason-until = until { $date } at least

# The builder
segment-builder-trait = Trait
segment-builder-metric = Computed value
segment-builder-event = Event
segment-builder-segment = Segment
segment-builder-channel = Channel
segment-builder-purpose = Purpose
segment-builder-state = State of consent
segment-builder-operator = Comparison
segment-builder-value = Value
segment-builder-values = Values
segment-builder-values-hint = separated by commas
segment-builder-property = Property
segment-builder-measure = Measure
segment-builder-measure-count = Happened
segment-builder-measure-sum = Total of
segment-builder-times = times
segment-builder-within = in the last
segment-builder-window = Period
segment-builder-ever = at any time
segment-builder-where = where
segment-builder-and = and
segment-builder-or = or
segment-builder-true = yes
segment-builder-false = no
segment-builder-add-filter = Narrow down
segment-builder-remove-filter = Remove this filter
segment-builder-unit-s = seconds
segment-builder-unit-m = minutes
segment-builder-unit-h = hours
segment-builder-unit-d = days
segment-builder-unit-w = weeks
segment-builder-group = Kind of group
segment-builder-group-all = All conditions
segment-builder-group-any = At least one condition
segment-builder-group-none = None of the conditions
segment-builder-kind-trait = Trait
segment-builder-kind-metric = Computed value
segment-builder-kind-event = Event
segment-builder-kind-segment = In the segment
segment-builder-kind-consent = Consent
segment-builder-add-condition = Add condition
segment-builder-add-group = Add group
segment-builder-add-trait = Trait (country, email…)
segment-builder-add-metric = Computed value (orders, cart…)
segment-builder-add-event = Event (viewed, bought…)
segment-builder-add-segment = Another segment
segment-builder-add-consent = Consent
segment-builder-empty-root = Without a condition, everybody is included.
segment-builder-empty-group = This group is empty: add a condition.
segment-builder-unfinished = Complete this condition or remove it.
segment-builder-waiting = Complete the condition to count.
segment-builder-more = More actions
segment-builder-remove = Remove
segment-builder-duplicate = Duplicate
segment-builder-move-up = Move up
segment-builder-move-down = Move down
segment-builder-move-in = Move into the group above
segment-builder-move-out = Move out of the group
segment-builder-wrap = Put into a group
segment-builder-op-eq = is
segment-builder-op-ne = is not
segment-builder-op-in = is one of
segment-builder-op-not-in = is none of
segment-builder-op-lt = before
segment-builder-op-lte = by
segment-builder-op-gt = after
segment-builder-op-gte = from
segment-builder-op-contains = contains
segment-builder-op-starts-with = begins with
segment-builder-op-ends-with = ends with
segment-builder-op-exists = is known
segment-builder-op-not-exists = is not known
segment-builder-op-before = before
segment-builder-op-after = after
segment-builder-op-within-last = in the last
segment-builder-op-not-within-last = not in the last
segment-builder-op-number-eq = exactly
segment-builder-op-number-ne = other than
segment-builder-op-number-lt = fewer than
segment-builder-op-number-lte = at most
segment-builder-op-number-gt = more than
segment-builder-op-number-gte = at least
