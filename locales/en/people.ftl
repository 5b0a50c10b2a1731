# The list of people, one person, merging.

# List
people-title = People
people-everybody = Everybody
people-views = Views of the list
people-search = Search by name, email, phone or order
people-visitor = Visitor #{ $number }
people-masked = Person #{ $number }
people-search-masked = Search by order number or profile id
people-masked-note = Who people are is hidden for your role. The search finds order numbers and profile ids only.
person-masked-note = Who this person is stays hidden for your role: a mask stands for every name, address, number and identifier.
person-event-masked-note = Values that may tell who somebody is are hidden for your role.
people-column-name = Name
people-column-stage = Stage
people-column-email = Email
people-column-phone = Phone
people-column-orders = Orders
people-column-revenue = Revenue
people-column-last-seen = Last seen
people-column-first-seen = First seen
people-column-country = Country
people-column-city = City
people-filter-condition = Matches your conditions
people-filter-segment = Segment: { $name }
people-filter-search = Search: { $text }
people-filter-build = By conditions…
people-filter-by-segment = By segment
people-filter-title = Filter people
people-filter-note = Show the people for whom all of this is true at this moment.
people-filter-apply = Show people
people-save-segment = Save as segment
people-summary = { $shown } of { $total }
people-on-page =
    { $count ->
        [one] One person on this page
       *[other] { $count } people on this page
    }
people-looked-title = { $count } people looked through so far
people-looked-text = One page looks at no more people than this, so that it stays fast. “Next” goes on from here.
people-look-further = Look further
people-many-title = The first { $count } people found
people-many-text = More people match what you typed. Type more of it to see them.
people-filter-stage = Stage: { $name }
people-clear = Show everybody
people-none-title = Nobody matches
people-none-text = Try fewer letters, or show everybody.
people-empty-title = Everybody who visits your shop will be here
people-empty-text = Connect your shop with one line of code, or send events with a client library. The first visitor appears at once.
people-empty-action = Connect your shop
people-condition-fault = These conditions cannot be read
people-condition-hidden = Your role cannot ask this
people-stages-visitor = Visitors
people-stages-prospect = Prospects
people-stages-customer = Customers
people-stages-loyal = Loyal
people-stages-dormant = Dormant

# Stages
stage-reason-visitor = Nobody knows yet who this is, and nothing was bought.
stage-reason-prospect = We know who this is; nothing was bought yet.
stage-reason-customer =
    { $count ->
        [one] One order.
       *[other] { $count } orders.
    }
stage-reason-loyal = { $count } orders, the last on { $date }.
stage-reason-dormant = No visit and no order since { $date }.

# Person
person-facts = Facts
person-timeline = Timeline
person-related = Related
person-identity = Identity
person-traits = Traits
person-figures = Key figures
person-stage = Lifecycle stage
person-consents = Consents
person-segments = Segments
person-orders = Orders
person-merges = Merges
person-merge = Merge…
person-erase = Erase…
person-edit = Edit
person-open = Open the page
person-stage-since = since { $date }
person-last-seen = last seen
person-more-identifiers = { $count } more
person-by-event = event
person-no-traits = Nothing was said of this person yet.
person-no-consents = This person has not said anything yet.
person-no-segments = In no segment at the moment.
person-all-orders = Show all orders
person-no-orders = No orders yet.
person-cart-value =
    { $count ->
        [one] 1 article · { $value }
       *[other] { $count } articles · { $value }
    }
person-why = Why?
person-why-open = Show the reasons
person-why-title = Why in “{ $segment }”?
person-why-not = Why not in another segment?
person-why-not-title = Why not in “{ $segment }”?
person-why-segment = Segment
person-why-choose = Choose a segment…
person-is-member = Member
person-is-no-member = Not a member
person-merge-reason = { $rule }, by { $actor }
person-merge-undone = Undone
figure-orders = Orders
figure-revenue = Revenue
figure-average = Average order
figure-first-order = First order
figure-last-order = Last order
figure-cart = Cart
figure-events = Events
figure-first-seen = First seen
figure-last-seen = Last seen
actor-system = Entente
actor-program = a program
actor-former-member = a former member
notice-person-saved = Saved
notice-people-merged = The two are one person now
notice-people-parted = They are two people again
notice-already-parted = This merge had been undone before
value-yes = Yes
value-no = No

# Identifiers
identifier-email = Email
identifier-phone = Phone
identifier-user-id = Account
identifier-anonymous-id = Device
identifier-customer-number = Customer number
identifier-loyalty-card = Loyalty card
rule-first-event = named in the first event
rule-same-event = named with “{ $kind }” in one event
rule-alias = said to be the same by the shop
rule-by-hand = merged by hand

# Traits
trait-name = Name
trait-first-name = First name
trait-last-name = Last name
trait-email = Email
trait-phone = Phone
trait-city = City
trait-country = Country
trait-postal-code = Postal code
trait-address = Address
trait-birthday = Birthday
trait-gender = Gender
trait-language = Language
trait-company = Company
trait-created-at = Account since

# Consents
consent-granted = Granted
consent-denied = Refused
consent-withdrawn = Withdrawn
consent-unknown = Unknown
channel-email = Email
channel-sms = SMS
channel-phone = Phone
channel-push = Push
channel-site = Website
channel-post = Post
purpose-marketing = marketing
purpose-analytics = audience figures
purpose-personalisation = personalisation
purpose-functional = necessary

# Orders
person-order-completed = Placed
person-order-updated = Changed
person-order-partially-refunded = Partly refunded
person-order-refunded = Refunded
person-order-cancelled = Cancelled
person-order-pending = Incomplete

# Timeline
timeline-all = Everything
timeline-kinds = Kinds of events
timeline-older = Show older
timeline-raw = Show the data
timeline-empty-title = Nothing here
timeline-empty-text = Events appear here as they happen.
timeline-none-text = No events of this kind.
person-event-panel = The event as it was sent
person-event-name = Name
person-event-at = Happened
person-event-received = Received
person-event-message-id = Message

# Edit
edit-title = Edit { $name }
edit-note = A change is an event like any other: it stands in the timeline and segments follow at once. An empty field takes the value away.
edit-new-name = Another trait
edit-new-value = Its value
edit-save = Save
edit-fault = This could not be saved
edit-no-identifier = This person has no identifier to which a change could be attached.
edit-too-much = This is too much for one change. Save it in several steps.
edit-busy = The shop is very busy at the moment. Try again in a few seconds.

# Merge
merge-title = Merge { $name }
merge-search = Search the other person
merge-search-note = Choose the person who is the same. You will see both before anything happens.
merge-empty-title = Who is the same person?
merge-empty-text = Search by name, email, phone number or order number.
merge-none-text = Nobody else is found with this.
merge-keep = Which profile remains?
merge-note = Both keep all of their events. You can undo the merge at any later time.
merge-do = Merge both
merge-other = Choose somebody else

# Conflicts
conflicts-title = Identity conflicts
conflicts-note = Two people claim the same identifier. Only somebody who knows them can tell whether they are one.
conflicts-none-title = Nothing to decide
conflicts-none-text = When two people claim the same email address or account, they are listed here.
conflict-times =
    { $count ->
        [one] seen once
       *[other] seen { $count } times
    }
conflict-merge = They are one person
conflict-keep-apart = Keep apart
conflict-done-kept-apart = The two stay apart.
conflict-done-decided = This conflict was decided already.
conflict-shared-identifier = An event named this identifier together with an account of somebody else.
conflict-two-strong-identifiers = Both have an account of their own, and not the same one.
conflict-public-key = Both are known people, and the event came from a web page, which may not merge them.
conflict-kind-may-not-join = Identifiers of this type do not merge people.
conflict-too-many-identifiers = Together they would have more identifiers than one person can have.
conflict-parted-by-a-person = Somebody has separated these two before; no rule merges them again.
blocked-title = Values that identify nobody
blocked-note = These values are ignored when people are recognised.
blocked-none = None so far.
blocked-value = Value
blocked-kind = Type
blocked-reason = Reason
blocked-times = Times
blocked-empty = It is empty
blocked-too-long = It is too long
blocked-placeholder = A word that programs write where a value is missing
blocked-degenerate = One character repeated
blocked-fake-address = An address that is typed to get past a form
blocked-control-characters = It holds unreadable characters
blocked-shared-by-many = Too many different people use it
blocked-too-many-of-a-kind = The person has as many of this type as allowed
