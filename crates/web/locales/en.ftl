# Every text of the pages, in English. The ids are those of `fr.ftl`.

## Around every page

skip-to-content = Skip to content
brand-tagline = Places to sit down and work, from village to village
language-menu = Language
other-language = Français
footer-judged = Page made by this node on
footer-node = Node:
footer-about = Escale links labelled coworking spaces. Each runs its own node, and this one goes on even when the village’s line is cut.
example = example
example-note = What is marked “example” was invented for the demonstration.

## Titles

title-space = { $name }, { $village }
title-coordinator = { $label } · coordinator
coordinator-title = Coordinator of the label
coordinator-eyebrow = Coordinator
coordinator-lead = This node is the coordinator’s: it grants the label to spaces, and keeps the charter.

## What the reader must know first

warning-clock-title = The clock of this node is behind
warning-clock = The coordinator has already signed documents more recent than the time here. Until the clock is set right, labels and openings cannot be confirmed. Hours and prices are still what each space has published.
warning-register-title = The coordinator has not been heard for more than 30 days
warning-register = The labels shown here can no longer be confirmed. Before you set out, ask the space itself.
warning-unheard-title = The coordinator has not been heard yet
warning-unheard = This node has probably just been installed. The label, the charter and the other spaces will appear with the first exchange.

## This space

empty-title = This space has published nothing yet
empty-text = Its address, its hours and its formulas will appear here as soon as it has published them.
formulas-heading = Formulas
formulas-none = No formula is published. Ask the steward.
includes = Includes:
includes-in-all = Every price includes:
hours-heading = Opening hours
hours-none = No opening hours are published.
hours-closed = closed
hours-today = today
hours-span = { $from } – { $to }
hours-half-day = The day divides into two half-days at { $time }.
hours-subscribers = Members have a badge and come at any hour.
hours-time-zone = Times of { $zone }.
hours-unknown-time-zone = The published time zone, { $zone }, does not exist.
place-heading = The space
place-address = Address
place-area-name = Area
place-area = { $area } m²
place-amenities = On the spot

## Open or closed

door-open-until = Open until { $time }
door-opens-today = Closed, opens today at { $time }
door-opens-tomorrow = Closed, opens tomorrow at { $time }
door-opens-on = Closed, opens on { $day } at { $time }
door-opens-next = Closed, opens next { $day } at { $time }
door-no-hours = Opening hours not published
door-unknown-time-zone = Open or not is unknown: unknown time zone
door-clock-behind = Open or not is unknown: the node’s clock is behind

## Standing

standing-labelled = Labelled until { $date }
standing-admitted = Admitted, not yet labelled
standing-suspended = Label suspended since { $date }
standing-withdrawn = Label withdrawn on { $date }
standing-expired = Label expired since { $date }
standing-unknown = Unknown to the label
standing-unsure = Label to be confirmed
standing-reason = Reason:

## The other spaces

spaces-heading = The other spaces of the label
spaces-heading-coordinator = The spaces and their standing
spaces-count =
    { $count ->
        [one] { $count } space
       *[other] { $count } spaces
    }
spaces-open =
    { $open ->
        [0] { $spaces }, none open now
       *[other] { $spaces }, { $open } open now
    }
spaces-labelled = { $count } labelled
spaces-admitted = { $count } admitted
spaces-without = { $count } without the label at present
spaces-none-title = No other space yet
spaces-none = The other spaces of the label will appear here as soon as the coordinator has admitted them and this node has heard from them.
spaces-none-coordinator = The spaces will appear here as soon as the coordinator has admitted them.
others-heading = Without the label at present
others-text = A passport does not open a visit there.
card-prices-none = No formula published.
card-nothing-yet = Nothing is known of this space yet.

## How fresh

news-fresh = Heard { $when }
news-stale = Not heard since { $date }: what is said here may be out of date.
news-never = Not heard yet.
news-unverified = Its last news could not be verified; shown is what was verified before.
news-not-fetched = Its last news could not be read whole; shown is what was known before.
news-code = code

## The label

label-heading = The label
label-nameless = The label
label-unheard = The charter is not yet known to this node.
label-unwritten = The charter has not been published yet.
label-coordination = Coordinator
label-charter = Charter
label-charter-version = version { $version }
history-title = The charter and the label’s history
history-lead = What the label asks for, and everything that was decided, with its reason. Nothing of it is erased.
history-criteria = What the label asks for
history-none = Nothing was decided that this node knows of.
history-all = All spaces
history-warned = Warned, with time until { $date }:
act-admitted = Admitted to the network
act-asked = Asks for the label
act-granted = Label granted
act-renewed = Label renewed
act-expired = Label ran out
act-warned = Warning
act-suspended = Label suspended
act-lifted = Warning or suspension lifted
act-withdrawn = Label withdrawn
act-ended = Belongs to the network no more
label-further = Also in these labels
label-asking = Asks to be admitted
label-refused = Not admitted
label-refused-help = the coordinator did not take the invitation; ask for a new one.
label-roaming = Working elsewhere
roaming-half-days =
    { $count ->
        [one] Each member may work { $count } half-day a month in the other spaces of the label.
       *[other] Each member may work { $count } half-days a month in the other spaces of the label.
    }
roaming-none = The charter gives no allowance to work elsewhere.
settlement-reciprocal = It is reciprocal: visits are counted and balanced between spaces, not paid.
settlement-home-pays = The home pays the host for the visit, at the price that the host has published.

## Units of a price list

unit-hour = an hour
unit-half-day = a half-day
unit-day = a day
unit-week = a week
unit-month = a month
unit-year = a year

## Dates and times

weekday-monday = Monday
weekday-tuesday = Tuesday
weekday-wednesday = Wednesday
weekday-thursday = Thursday
weekday-friday = Friday
weekday-saturday = Saturday
weekday-sunday = Sunday
month-january = January
month-february = February
month-march = March
month-april = April
month-may = May
month-june = June
month-july = July
month-august = August
month-september = September
month-october = October
month-november = November
month-december = December
date = { $day } { $month } { $year }
date-and-weekday = { $weekday } { $date }
date-and-time = { $date } at { $time }
date-unknown = (unknown date)
time-midnight = midnight
ago-now = just now
ago-minutes =
    { $count ->
        [one] { $count } minute ago
       *[other] { $count } minutes ago
    }
ago-hours =
    { $count ->
        [one] { $count } hour ago
       *[other] { $count } hours ago
    }
ago-days =
    { $count ->
        [one] { $count } day ago
       *[other] { $count } days ago
    }

## What went wrong

missing-title = There is no such page
missing-happened = Nothing is at this address. It may have been copied wrongly, or the page was taken away.
missing-next = Start again from the home page.
method-title = This page can only be read
method-happened = What was sent is not expected at this address.
nothing-changed = Nothing was changed.
unavailable-title = The page cannot be shown at present
unavailable-happened = This node could not read what it knows.
unavailable-kept = Looking at this page changed nothing of what was recorded.
unavailable-next = Try again in a minute. If it lasts, tell the steward of the space.
home-link = Home page of this node

## The passport

passport-title = My passport
passport-without-title = This page needs its scripts
passport-without = The browser has not started them: they are blocked, or it is too old. Nothing was changed. Allow them for this site, update the browser, or ask the steward for a paper passport.
passport-insecure-title = The connection is not protected
passport-insecure = A phone holds a passport only for an address in https, and with a browser that is up to date. Open this page in https, or ask the steward for a paper passport.
passport-unkept-title = This browser keeps nothing
passport-unkept = It could not read or write what this page keeps on the phone. Leave private browsing, make room, then open the page again.
passport-expired-title = Your passport has expired
passport-expired = No space can accept it any more. Your membership has not changed. Ask your home for a new code, then press “Enter a new code”.
passport-expiring-title = Your passport expires soon
passport-expiring = Less than five days are left. It is renewed by itself when this page is opened with a line. Otherwise, ask your home for a new code.
passport-paused-title = Your membership is paused
passport-paused = Hosts will refuse this passport until it is resumed. It stays on this phone. Speak with your home.
passport-ended-title = Your membership has ended
passport-ended = Hosts will refuse this passport. If this is not what you expected, speak with your home.
passport-taken-title = Your home no longer accepts this passport
passport-taken = It was taken back, or replaced on another phone. It stays here until another has come. Ask your home for a new code, then press “Enter a new code”.
passport-clock-title = The clock of this phone is not right
passport-clock = A host takes a code for two minutes only, and will refuse these. Your passport has not changed. Set the phone’s time to automatic, then open the page again.
passport-code-failed-title = The code could not be drawn
passport-code-failed = Your membership has not changed. Open the page again; if it lasts, ask your home for a new code.
passport-offline-title = Offline: your passport works.
passport-offline = Spaces and half-days are those of the last connection.
passport-enrol-heading = Put my passport on this phone
passport-enrol-text = Your home gives you a code. It is good once, for seven days. The passport is then kept here, and works without a line too.
passport-enrol-label = One-time code
passport-enrol-hint = 16 letters and digits, such as ABCD‑EFGH‑JKMN‑PQRS. Capitals and dashes do not matter.
passport-enrol-send = Receive my passport
passport-enrol-back = Keep the present passport
passport-enrol-open = Enter a new code
passport-host = Host
passport-host-choose = Choose where you are
passport-host-none = No labelled space is known
passport-code = QR code of the passport, for the desk to scan
passport-for = For
passport-code-good = Good once, for two minutes; made anew every minute.
passport-code-new = New code
passport-code-made = A new code is shown.
passport-shared = Another space has seen this same passport, so the two could tell that they both saw you. Your home gives this phone new ones when it is reached.
passport-also = Also show this desk
passport-also-full-name = my full name
passport-also-organisation = my organisation
passport-also-portrait = the mark of my portrait
passport-also-hint = For this space alone, and as long as this page stays in front. The desk reads it and keeps none of it.
passport-challenge-open = The desk shows a number
passport-challenge = Number on the desk’s screen
passport-challenge-hint = Six digits. The code is then for this desk, now, and for nobody who might have photographed it.
passport-facts = What the passport says
passport-name = Name
passport-home = Home
passport-label = Label
passport-formula = Formula
passport-until = Valid until
passport-left = Half-days elsewhere, this month
passport-left-of = of
passport-remove = Remove the passport from this phone
passport-remove-title = Remove the passport?
passport-remove-text = The passport and its key are erased from this phone, for good. Your membership does not change. To put a passport here again, you will need a new code from your home.
passport-remove-no = Keep
passport-remove-yes = Remove
passport-removed = The passport was removed from this phone.
passport-sending = Sent to your home.
passport-enrolled = Your passport is on this phone.
passport-code-length = A code has 16 letters and digits. Nothing was sent. Compare it with what you were given.
passport-refused-code = This code is not known here: it is older than seven days, it was taken back, or it is from another space. Nothing was changed. Check it, or ask your home space for a new one.
passport-refused-used = This code was already used on another phone. Nothing was changed here. Ask your home for a new one; if it was not you, tell them.
passport-refused-not-active = Your membership is paused or has ended. The code was not used. Speak with your home.
passport-refused-key = The key that this browser made was not accepted. The code was not used. Try again; if it lasts, update the browser.
passport-refused-busy = The node of your home is busy. Nothing was changed, and the code is kept. Try again in a minute.
passport-refused-clock = The clock of your home’s node is behind. Nothing was changed, and the code is kept. Tell your home.
passport-refused-unreachable = Your home has not answered. The code and the key are kept on this phone. Try again with a line: the same code will give the same passport.
passport-refused-too-many = You have as many passports as may be. The code was not used. Ask your home to take them back.
passport-refused-other = The node gave no passport. The code is kept on this phone. Try again later, or speak with your home.

## The desk, and the members

role-desk = desk device
role-steward = steward
role-operator = operator
sign-in-title = Staff of this space
sign-in-text = This page is for whoever receives people and runs this space. You were given a one-time code.
sign-in-label = One-time code
sign-in-hint = 16 letters and digits. The code is good once, within seven days; this browser then stays signed in.
sign-in-send = Sign in
sign-in-refused = This code is not good, or not any more. Nothing was changed. Check it, or ask the operator for another one.
sign-in-who = This browser is signed in:
sign-out = Sign out of this device
desk-title = Desk
desk-label = Passport
desk-hint = Put the cursor here and scan the visitor’s code: the scanner types it and presses Enter.
desk-send = Check
desk-next = Clear
desk-state = State of this space
desk-label-news = Label:
desk-home-news = Home:
desk-account = My access
desk-from = Home:
desk-left = { $count ->
    [0] No roaming half-day left this month
    [one] { $count } roaming half-day this month, as last known
   *[other] { $count } roaming half-days this month, as last known
}
desk-allowed = Welcome
desk-allowed-why = A good passport, shown just now for this space.
desk-verify = To be verified
desk-paper-why = A good paper passport: anybody could be holding it.
desk-paper-cure = Ask for photo ID: is it this name?
desk-expired = Passport expired
desk-expired-why = A passport holds for thirty days. This one was not renewed.
desk-new-code-cure = The home space gives a new code. Until then, offer a formula of this space.
desk-no-allowance = No half-day left
desk-no-allowance-why = This month’s roaming allowance is used up, says the home.
desk-no-allowance-cure = Offer a formula of this space. The allowance is back next month.
desk-used = Already used
desk-used-why = This code was already let in here. A code is good once.
desk-show-again-cure = Ask for a new code on the phone, and see that the phone’s time is right.
desk-blocked = Refused
desk-revoked-why = The home took this passport back.
desk-paused-why = The home has paused the membership.
desk-key-ended-why = The home has replaced the key that signed this passport.
desk-key-ended-cure = With the line up, the visitor opens the page of their passport: the home gives another at once. A card is printed again by the home.
desk-home-cure = The visitor speaks with their home.
desk-suspended-why = The home’s label is suspended.
desk-withdrawn-why = The home has lost the label.
desk-formula-cure = Offer a formula of this space.
desk-not-here = Not here, not now
desk-other-host-why = The code was made for another space.
desk-other-host-cure = The visitor chooses this space on their passport’s page.
desk-we-unlabelled-why = Our space does not bear the label now.
desk-coordinator-cure = Speak with the coordinator.
desk-home-unlabelled-why = The home does not bear the label now.
desk-register-why = The coordinator was not heard for thirty days: who bears the label is not known any more.
desk-list-why = The home was not heard for fourteen days: which passports hold is not known any more.
desk-line-cure = See this space’s line. It is not the visitor’s fault: you decide.
desk-clock-why = Our node’s clock is behind: nothing can be judged.
desk-clock-cure = The operator sets the clock. It is not the visitor’s fault.
desk-not-genuine = Not a genuine passport
desk-unknown-home-why = No space of this label signed it.
desk-out-of-time-why = The code was made more than two minutes ago: a picture of it, or a phone whose time is wrong.
desk-malformed-why = It is no passport: another code, or a passport that was changed.
desk-challenge = Number for the visitor
desk-challenge-text = Typed on the phone, under “The desk shows a number”. Good for two minutes and one visitor.
desk-challenge-on = Ask for a number
desk-challenge-off = Do without a number
desk-challenge-why = The code was not made for the number on this screen, or the number has run out.
desk-challenge-cure = Show the new number, and scan the code that the phone makes of it.
desk-scan-again-cure = Scan once more. Otherwise, offer a formula of this space.
members-title = Members
members-none = No member yet.
members-add = Add a member
members-name = Short name
members-name-hint = Hosts will read it: a first name is enough.
members-formula = Formula
members-half-days = Half-days elsewhere, a month
members-half-days-hint = Leave it empty for what the charter says.
members-send = Add
members-name-refused = A name of 1 to 40 characters is needed. Nothing was changed.
members-formula-refused = This space does not publish that formula. Nothing was changed. Publish your formulas first.
members-half-days-refused = A month has 62 half-days at most. Nothing was changed.
members-not-a-space = A coordinator has no members.
member-active = Active
member-paused = Paused
member-ended = Ended
member-half-days = { $count }
member-since = In this state since
member-holds = Passports
member-passports = { $count ->
    [0] none valid
    [one] { $count } valid
   *[other] { $count } valid
}
member-number = Number
member-phone = On a phone
member-phone-text = A one-time code opens the passport’s page on the member’s phone.
member-code-make = Make a code
member-paper = On paper
member-paper-text = For members without a phone: a card to print, good for thirty days, shown with photo ID.
member-paper-name = Name on the card
member-paper-hint = As on the photo ID. This name is not kept here.
member-paper-make = Make the card
member-particulars = What they may show
member-particulars-text = Beside the short name, and only when they tick it on their phone, for one desk at a time. It stands in their next passports.
member-particulars-send = Keep
member-particulars-refused = A name has at most 100 characters, and the mark of a portrait is 43 letters and digits. Nothing was changed.
member-full-name = Full name
member-organisation = Organisation
member-portrait = Mark of the portrait
member-portrait-hint = The SHA-256 of a picture that the member has with them, in base64url. The picture is not kept here.
member-carriers = Phones and cards
member-carriers-none = None yet.
carrier-phone = Phone
carrier-card = Card
carrier-good = Good
carrier-paused = Paused
carrier-revoked = Taken back
carrier-expired = Run out
carrier-since = Since { $since }, good until { $until }.
carrier-renewed = Since { $since }, renewed { $renewed }, good until { $until }.
carrier-revoke = Take back
member-lost = A phone or card was lost
member-lost-text = All passports and codes of this member stop being good: at other spaces too, as soon as they hear of it, in less than a minute while the line works. The membership goes on: a new code gives a new passport.
member-revoke = Take their passports back
member-membership = Membership
member-pause-text = While paused, their passports are refused; other spaces hear of it in less than a minute while the line works.
member-pause = Pause
member-resume = Resume the membership
member-end = End the membership…
member-end-text = It is for good: the membership cannot be resumed, and their passports stop being good.
member-end-yes = End it for good
member-not-active-refused = The membership is not active. Nothing was changed. Resume it first.
member-ended-refused = The membership has ended, for good. Nothing was changed.
member-too-many-refused = This member has 16 passports that hold already. Nothing was changed. Take them back first, then give a new code.
code-title = Code for a phone
code-text = The member points their phone’s camera at this square, or types the code on the passport’s page.
code-picture = QR code that opens the passport’s page
code-or = Or open
code-good = Good once, for seven days. It is shown only now: print this page, or leave it open.
code-done = Back to the member
paper-title = Paper passport
paper-text = Print this page on A6 paper (or A4, and fold it). The card is shown only now; if it is lost, it is taken back like a phone.
paper-note = To be shown with photo ID.
role-needed-title = Not with this access
role-needed-happened = Your access does not allow this page, or what you asked for.
role-needed-next = Ask a steward or the operator of this space.
other-origin-title = Asked from elsewhere
other-origin-happened = The form was not on a page of this node, or your browser does not say so.
other-origin-next = Open the page on this node, and do it again there.
form-not-read-title = The form cannot be read
form-not-read-happened = What was sent is no form, or is too long.
form-not-read-next = Go back to the page, and do it again.

## Visits: the desk, the stewards' list

staff-menu = Staff pages
menu-count = to see
desk-visit-begun = The visit begins.
desk-visit-goes-on = Here already: the visit goes on, since { $time }.
desk-visit-until = The space is open until { $time }: if nobody sees them leave, the visit ends then.
desk-visit-midnight = If nobody sees them leave, the visit ends at midnight.
desk-own-member = A member of this space: nothing is counted, and the list of who is here does not show them.
desk-paper-seen = A good paper passport, compared by you with photo ID.
desk-paper-send = It is them: let in
here-title = Who is here
here-none = No visitor of another space is here now.
here-members = Members of this space come and go uncounted: they are not in this list.
here-nameless = (name forgotten)
here-since = since { $time }
here-since-day = since { $date }
here-by-phone = on a phone
here-by-paper = on paper
here-leave = Leaves now
here-left = Seen leaving:
counted = Counted: { $what }.
half-days-none = nothing, that time was counted already
half-days-morning = one half-day, the morning
half-days-afternoon = one half-day, the afternoon
half-days-both = two half-days, the whole day
visit-ended-refused = This visit has ended already. Nothing was changed.
visits-title = Visits
visits-recent = Recent visits
visits-text = A visit can be corrected for seven days. Nothing is erased: a credit takes the receipt back.
visits-none = No visit from another space in the last days.
visit-end-left = seen leaving
visit-end-forgotten = not seen leaving, closing time
visit-end-corrected = departure corrected
visit-arrived = arrived at { $time }
visit-none = No visit: noted by mistake
receipt-none = No receipt: nothing is counted
receipt-waiting = Receipt waits for its answer
receipt-accepted = Receipt accepted
receipt-refused = Receipt refused
receipt-given-up = Receipt given up
receipt-moot = Nothing to settle
receipt-why = Reason:
visit-correct = Correct
visit-correct-left = Left at
visit-correct-hint = Time here, on { $day }, from the arrival until now.
visit-correct-follows = The receipt is taken back by a credit, and another is sent.
visit-correct-first = A new receipt is sent.
visit-correct-until = until { $date }
visit-correct-send = Correct the departure
visit-not-here-text = Noted by mistake: nothing is counted, and the receipt is taken back by a credit if it was sent.
visit-not-here-send = There was no visit
corrected-replaced = Corrected. The receipt is taken back by a credit, and another is sent.
corrected-taken-back = Corrected. The receipt is taken back by a credit, and nothing is counted.
corrected-sent = Corrected. A receipt is sent.
corrected-nothing = Corrected. Nothing is counted, and no receipt is sent.
visit-time-malformed = “{ $typed }” is not a time: write it like 17:30. Nothing was changed.
visit-time-missing = The time of leaving is missing. Nothing was changed.
visit-time-before = That is before the arrival, at { $time }. Nothing was changed.
visit-time-future = That is still to come: here, it is { $time }. Nothing was changed.
visit-time-same = That is the time of leaving already. Nothing was changed.
visit-too-late = This visit ended more than seven days ago and cannot be corrected any more. Nothing was changed.

## The outbox

feed-unconfirmed = This node was restored from a copy
feed-unconfirmed-cure = Nothing is published until a partner has said how far this node’s feed goes. It asks by itself as soon as the line is up. The desk and visits go on meanwhile.
feed-divided = Another machine runs as this node
feed-divided-cure = Nothing is published here until you say which machine goes on. On that one, type: escale feed take-over. Then stop the other.
feed-parted = Feeds that have parted
feed-parted-text = These nodes have signed two different things at one place of their feed, mostly because they were restored from a backup or run twice. Both signed words are kept as evidence.
feed-parted-at = Two records at position { $seq }, seen on { $date }
feed-parted-over = The node has gone on since. Nothing is to be done.
feed-parted-cure = What it publishes is not read any further until it has asked its partners. Speak with its operator.
outbox-title = Outbox
outbox-text = The receipts and credits that this space sends to others. They are sent again by themselves until they are answered, also after a cut.
outbox-none-title = Nothing waits
outbox-none = All that this space has sent was answered.
outbox-dead = To see
outbox-waiting = Waits for an answer
outbox-receipt = Receipt for
outbox-credit = Credit for
outbox-registration = Registration at
outbox-cancellation = Registration given back at
outbox-key-update = New key for this space, asked of
outbox-key-revocation = End of a stolen key, told to
outbox-notice = News of a registration for
outbox-application = The label is asked for, of
outbox-visit = Visit of
outbox-since = Waits since { $date }
outbox-untried = Not tried yet since this node started.
outbox-tried =
    { $count ->
        [one] Tried { $count } time in vain, { $when }.
       *[other] Tried { $count } times in vain, last { $when }.
    }
outbox-silent = This space does not answer: its line is cut, or its node is stopped.
outbox-not-yet = This space answers, and cannot decide yet.
outbox-why = In detail:
outbox-next = Tried next on { $date }, or as soon as the line is back.
outbox-after = Is sent when what came before it for the same visit was answered.
outbox-refused = Refused on { $date }
outbox-given-up = Given up on { $date }
outbox-again = Send again
outbox-sent-again = It waits again: it is sent as soon as the line allows.
outbox-again-refused = This cannot be sent again: it waits already, was answered, or another has taken its place. Nothing was changed.
outbox-replaced = Another receipt has taken the place of this one since: there is nothing left to do.
outbox-conflicts = Contradicting requests
outbox-conflicts-text = These spaces asked two different things under one name. The first answer holds, and both signed requests are kept as evidence. Speak with the space, then with the coordinator.
outbox-conflict-at = On { $date }, under the name
outbox-evidence = Both signed requests
outbox-answered = The one that was answered
outbox-other = The other
refusal-no-proof = Nothing proves to the home that its member was here then.
refusal-not-ours = The home does not know the member of this passport.
refusal-differs = The home counts otherwise, by our published hours and prices.
refusal-too-late = The visit is more than three months ago.
refusal-out-of-time = The receipt is from the future: one of the two clocks is wrong.
refusal-not-labelled = Our space did not bear the label then, says the home.
refusal-proof-used = The same code was the proof of another receipt.
refusal-counted-already = That half-day is counted by another receipt already.
refusal-too-many = The home holds too many receipts of this day already.
refusal-id-used = The home holds another receipt of the same name.
refusal-credited = The receipt was taken back by a credit already.
refusal-receipt-unknown = The home does not hold the receipt that this credit takes back.
refusal-conflict = Another request was made under this name already.
refusal-unknown-kind = The home’s node does not know this kind of request.
refusal-malformed = The home’s node could not read the request.
refusal-unanswered = The home did not answer for three months.
cure-speak = Speak with the home, then send it again, or correct the visit.
cure-correct = If the visit was noted wrongly, correct it. Otherwise, there is nothing to do.
cure-nothing = There is nothing to do: nothing more is counted there.
cure-clock = See that this node’s time is right, and ask the home to see theirs. Then send it again.
cure-coordinator = Speak with the coordinator, then send it again.
cure-again = Send it again: the request gets a new name.
cure-update = The two nodes are probably not of the same version. Update them, then send it again.
cure-line = Ask the home whether their node runs, then send it again.
cure-unknown = This node does not know that reason. Ask the home what it means, then send it again.

## Roaming, on the member's phone and on the cards

card-visit =
    { $count ->
        [one] A visit of a day: { $count }{"\u00A0"}half-day
       *[other] A visit of a day: { $count }{"\u00A0"}half-days
    }
roaming-title = Working elsewhere
roaming-left-none-granted = Your membership gives no allowance to work elsewhere.
roaming-left-none = None of your { $granted } half-days of this month is left.
roaming-left-no-single = Your half-day of this month is used.
roaming-left-single = Your half-day of this month is left.
roaming-left-one = One of your { $granted } half-days of this month is left.
roaming-left-some = { $left } of your { $granted } half-days of this month are left.
roaming-as-of = According to your home, on { $date }.
roaming-costs = A day there
roaming-costs-none = No other labelled space is known.
roaming-closed = Nothing open in the next seven days.
roaming-past = Last day known: { $day }
roaming-day-one = A day here: one of your { $left } half-days left.
roaming-day-last = A day here: the one half-day you have left.
roaming-day-two = A day here: two of your { $left } half-days left.
roaming-day-both = A day here: both half-days you have left.
roaming-day-short = A day here counts two half-days: you have only one left.
roaming-day-short-carried = You may come: the second is taken from next month.
roaming-day-none-one = A day here counts one half-day: you have none left.
roaming-day-none-two = A day here counts two half-days: you have none left.
roaming-day-none-cure = The steward can offer you a formula of the space.
roaming-now-one = From now until closing: one.
roaming-now-two = From now until closing: two.
roaming-value = By the space’s own prices, a day is worth { $price }.
roaming-visits = My visits elsewhere
roaming-visits-none = No visit was counted yet.
roaming-paper = on paper
roaming-credited-corrected = Taken back by a credit: the host has corrected this visit.
roaming-credited-not-here = Taken back by a credit: there was no visit.
roaming-credited-other = Taken back by a credit.
roaming-time = { $hour }:{ $minute }
roaming-hour = { $hour }:00

## The calendar and an event

calendar-title = Calendar
calendar-lead = The events and trainings of this space, of the other spaces of the label and of the coordinator.
calendar-lead-coordinator = The events and trainings of the coordinator and of the spaces of the label.
calendar-filter = Choose
calendar-from = From
calendar-days = For
calendar-days-week = a week
calendar-days-month = a month
calendar-days-quarter = three months
calendar-days-year = a year
calendar-space = Where it comes from
calendar-village = Village
calendar-kind = Kind
calendar-all = all
calendar-show = Show
calendar-shown = From { $from } to { $to }
calendar-count =
    { $count ->
        [0] nothing announced
        [one] { $count } date
       *[other] { $count } dates
    }
calendar-today = today
calendar-tomorrow = tomorrow
calendar-earlier = Earlier
calendar-later = Later
calendar-none-title = Nothing announced here
calendar-none = Look later on, or choose less narrowly. Whatever a space of the label publishes will appear here by itself.
calendar-reset = Show all, from today on
calendar-cut = There are more dates than this page shows: choose fewer days.
calendar-unread = “{ $typed }” was not understood: that choice is not applied.
calendar-hours-of = Times of { $zone }, unless said otherwise.
subscribe-title = Subscribe
subscribe-text = Your own calendar then shows these events among yours, with the same choices as here, and keeps them up to date, changes and cancellations included.
subscribe-open = Open in my calendar
subscribe-file = Download the .ics file
subscribe-address = Or copy this address into your calendar:
subscribe-refresh = Your calendar decides when it looks: Apple within minutes or once a week, as it is set; Google after hours, at times more than a day; Outlook after 3 to 24 hours; Thunderbird after 30 minutes. On the day itself, look here.
whats-on = What is on
whats-on-all = The whole calendar
whats-on-none = Nothing is announced for the next three months.
kind-training = training
kind-workshop = workshop
kind-web-conference = web conference
kind-shared-meal = shared meal
kind-event = event
event-by-coordinator = The label’s coordinator
event-free = free
seats-free =
    { $count ->
        [one] { $count } seat free
       *[other] { $count } seats free
    }
seats-full =
    { $count ->
        [0] full – waiting list empty
       *[other] full – waiting list ({ $count })
    }
seats-none = no registration
seats-begun = under way
seats-over = over
event-cancelled = Cancelled
event-tentative = To be confirmed
event-moved = Moved: it was due on { $date }
event-all-day = all day
event-all-day-until = all day, until { $date }
event-since = began on { $date }
event-there = { $time }, time of { $zone }
event-in-french = in French
event-in-english = in English
event-in-other = language: { $code }
event-lasts = Lasts
event-where = Where
event-link = On the web
event-price = Price
event-seats = Seats
event-seats-of = { $seats } of { $capacity }
event-counted = Counted { $when } by whoever organises: registering decides.
event-uncounted = Whoever organises has not said yet how many are taken: registering decides.
event-again = Comes again
event-language = Language
event-cancelled-text = This date does not take place. Whoever had registered need do nothing.
event-tentative-text = This date is not certain yet. Look here before you set out.
event-moved-title = Moved
event-moved-text = It was due on { $date }. Registrations stand.
event-no-date-title = Not on that date
event-no-date = This event does not take place on the date that was asked for. Here is one that exists.
event-about = What it is about
event-others = The other dates
event-others-more =
    { $count ->
        [one] And { $count } more, later on.
       *[other] And { $count } more, later on.
    }
event-origin = Where this comes from
event-origin-here = Published by this node, which counts the seats as well.
event-origin-text = Published by { $name }, which counts the seats as well. This is a copy.
event-origin-link = The event’s page at whoever organises it
event-updated = Changed on { $date }
duration-days =
    { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
duration-hours =
    { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
duration-minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
rule-daily =
    { $count ->
        [one] every day
       *[other] every { $count } days
    }
rule-daily-on =
    { $count ->
        [one] every { $days }
       *[other] every { $count } days, if it is a { $days }
    }
rule-weekly =
    { $count ->
        [one] every { $days }
       *[other] every { $count } weeks, on { $days }
    }
rule-until = { $rule }, until { $date }
rule-times =
    { $count ->
        [one] { $rule }, once
       *[other] { $rule }, { $count } times in all
    }
list-and = { $first } and { $last }
seat-title = Your seat
seat-elsewhere = The seat is asked for at your home: open this page there, on the phone that holds your passport.
seat-homes = Your home
seat-steward = Without a phone, ask the steward of your home, who registers you.
seat-no-homes = No labelled space is known to this node at present. Ask the steward of your home.
seat-everybody = Nobody registers: just come.
seat-closed-cancelled = This date does not take place: nobody registers for it.
seat-closed-begun = Registration is closed: it has begun, or is over.

## Doors of every page, and an event that is not there

site-menu = Pages of this node
no-event-title = This event is not known here
no-event-happened = No calendar that this node reads has it: it was removed, whoever organises it does not bear the label at present, or the news has not arrived yet.
no-event-next = Look at the calendar, or try again in a few minutes.

## Registrations, in the words of the member's pages

seat-name = Name to call at the door
seat-name-hint = Optional: without it, it is the short name of your passport. Whoever organises reads it, and nobody else.
seat-register = Register
seat-wait = Join the waiting list
seat-cancel = Give my seat back
seat-leave = Stop waiting
seat-again = Register again
seat-try = Try again
seat-sending = Sent to your home.
seat-wait-answer = This page looks by itself whether the answer is there. You may close it, too: your home sees to it, and the answer will be on the page of your passport.
seat-unreachable = Your home does not answer. Nothing new is known: what was asked for stays asked for. Try again once the line is back; asked for twice, it is one registration.
seat-taken-back = Your home does not accept this phone’s passport any more. Nothing was changed. Open the passport’s page, which says what to do.
seat-clock = This phone’s clock is wrong, and your home cannot believe it. Nothing was changed. Set the time to automatic, then try again.
seat-refused-other = Your home could not do it. Nothing was changed. Try again later, or ask the steward.
seat-refused-no-event = That date is no longer in the calendar. Nothing was asked for. Look at the other dates.
seat-refused-not-active = Your membership is paused or has ended. Nothing was asked for. Speak to your home.
seat-refused-name = A name of 1 to 40 characters is needed. Nothing was asked for.
seat-refused-too-many = You have as many registrations as there can be. Nothing was asked for. Give one back first.
seat-refused-over = That registration is over already: there is nothing to give back.
registered-asked = Asked for: the answer is awaited
registered-accepted = Registered: you have a seat
registered-freed = A seat became free: it is yours
registered-waiting = On the waiting list, number { $rank }
registered-waiting-text = A seat given back goes to the first who waits. If that is you, it is done by itself, and said here.
registered-refused = No seat
registered-unknown = Whoever organises does not know that date
registered-unknown-text = It was probably removed since. Nothing is kept under your name.
registered-cancelling = Given back: whoever organises has not confirmed it yet
registered-cancelling-text = Your home says it again until it is known. There is nothing for you to do.
registered-cancelled = You gave this seat back
registered-taken-back = Whoever organises took this registration back
registered-taken-back-text = Speak to them if you do not know why.
registered-given-up = Nobody answered in time
registered-given-up-text = Nothing is kept under your name. Ask whoever organises.
registered-event-cancelled = The event is cancelled
registered-event-cancelled-text = That date does not take place. There is nothing for you to do.
registered-name = At the door: { $name }
registered-over = Over
registered-as-of = As your home said on { $date }.
registered-untitled = An event that is no longer published
registered-title = My registrations
registered-none = No registration. The calendar shows what is on.
seat-why-not-labelled = Your home does not bear the label at present: its members cannot register elsewhere.
seat-why-event-cancelled = The event is cancelled on that date.
seat-why-registration-closed = It had begun when the request arrived.
seat-why-no-registration = Nobody registers: everybody may come.
seat-why-event-full = It is full, and so is the waiting list.
seat-why-id-used = Whoever organises holds another registration under the same name. Register again.
seat-why-registration-cancelled = That registration had been given back already. Register again if you want to come.
seat-why-too-many = Your home has too many registrations for that date.
seat-why-malformed = Whoever organises could not read the request: the two nodes are probably not of one version.
seat-why-unknown-kind = The node of whoever organises cannot register anybody yet. Ask them directly.
seat-why-other = Whoever organises refused, for a reason that this node does not know: { $code }.

## The team of the coordinator

sign-in-title-coordinator = The coordinator’s team
sign-in-text-coordinator = This page is for whoever runs the coordinator and publishes its events. You were given a one-time code.

## The staff's pages of events

manage-title = Events
manage-lead = The events of this node. Those of others are in the calendar.
manage-new = New event
manage-none-title = No event
manage-none = This node has announced nothing yet.
manage-waiting =
    { $count ->
        [one] { $count } waits
       *[other] { $count } wait
    }
manage-public = See the public page
manage-edit = Change
manage-edit-title = Change the event
manage-sheet = Attendance sheet
manage-column-name = Name
manage-column-home = Home
manage-column-seat = Seat
manage-column-since = Asked for on
manage-column-sign = Signature
manage-nobody = Nobody has registered so far.
manage-everybody = Nobody registers: there is no list.
manage-seat-taken = a seat
manage-seat-waiting = waiting list, number { $rank }
manage-seat-given = given back by the member
manage-seat-taken-back = taken back here
manage-take-back = Take back…
manage-take-back-text = The seat goes to the first who waits, and the homes are told by themselves.
manage-take-back-yes = Take back the registration of { $name }
manage-took-back-none = There is no such registration here any more. Nothing was changed.
manage-register = Register a member of this space
manage-register-text = For whoever has no phone. The member’s registration stands here, and on their page.
manage-register-member = Member
manage-register-date = Date
manage-register-name = Name to call at the door
manage-register-name-hint = Leave empty for the member’s short name.
manage-register-send = Register
manage-register-none = No active member: there is nobody to register.
manage-register-link = Register a member (team)
manage-cancel-one = Cancel this date…
manage-cancel-all = Cancel the whole event…
manage-cancel = Cancel the event…
manage-cancel-registered =
    { $count ->
        [0] Nobody has registered.
        [one] { $count } person is registered or waits: their home learns it from the calendar.
       *[other] { $count } people are registered or wait: their homes learn it from the calendar.
    }
manage-cancel-text = The event stays in every calendar, struck out, and says that it does not take place.
manage-cancel-one-yes = Cancel { $date }
manage-cancel-all-yes = Cancel every date
manage-cancel-yes = Cancel the event
manage-more-dates =
    { $count ->
        [one] And { $count } more date, for which nobody has registered.
       *[other] And { $count } more dates, for which nobody has registered.
    }
manage-refused = The event was not published: see beside the fields. Nothing was changed.
form-title = Title
form-kind = Kind
form-date = Date
form-time = Begins at
form-time-hint = Time of { $zone }.
form-all-day = All day, without a time
form-weekly = Comes every week
form-until = Last date
form-until-hint = Empty: it comes for five years. Used only where the event comes again.
form-seats = Seats, for each date
form-seats-hint = Empty: nobody registers, everybody comes.
form-price = Price, in euros
form-price-hint = 0: free. Empty: nothing is said of it.
form-place = Address, if it is not here
form-link = Address on the web
form-link-hint = It begins with https://
form-description = What it is about
form-language = Language
form-french = French
form-english = English
form-tentative = To be confirmed: the date is not certain yet
form-example = Example: invented for a demonstration
form-publish = Publish
form-change = Publish the change
form-refused-title = A title of 1 to 200 characters on one line is needed.
form-refused-date = A day of the calendar is needed, such as 2026-12-03.
form-refused-past = That is over already: look at the day and the time again.
form-refused-time = A time is needed, such as 18:30.
form-refused-moment = On that day the clock skips that time: choose another.
form-refused-lasts = Numbers are needed: from 1 minute to 31 days in all.
form-refused-until = A day is needed, from the first date on and five years later at most.
form-refused-seats = A number from 1 to 10,000 is needed, or nothing.
form-refused-price = An amount such as 12 or 12.50 is needed, or nothing.
form-refused-place = A line of 200 characters at most is needed.
form-refused-link = An address that begins with https:// is needed, of 500 characters at most.
form-refused-description = It is too long: 2,000 characters at most.
form-refused-registered = Somebody has registered for { $date }, which would be gone. Cancel that date before, or leave it.
form-refused-registered-once = Somebody has registered for the event as it is: it cannot become a series. Cancel it, and publish another.
form-refused-too-many = This node publishes as many events as there can be.
form-refused-other = The event, as it is filled in, cannot be published: { $why }.
form-kept-rule = This event comes again in a way that this form does not show ({ $rule }): it is kept as it is.
member-registrations = Registrations
member-registrations-none = No registration.
member-give-back = Give the seat back

## More of the staff's pages of events

form-days = days
form-hours-short = hours
form-minutes-short = minutes
form-refused-off-rule = With that day of the week, the way in which it comes again does not fit any more.
form-refused-never = As it is filled in, it takes place on no day.
manage-seats-of =
    { $capacity ->
        [one] { $registered } of { $capacity } seat
       *[other] { $registered } of { $capacity } seats
    }
manage-back = All events

## Registrations, as a steward reads them

registered-steward-accepted = Registered: a seat
registered-steward-freed = A seat became free: registered
manage-register-not-active = The membership is paused or has ended. Nothing was asked for.
manage-register-too-many = This member has as many registrations as there can be. Nothing was asked for.
