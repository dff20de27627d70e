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
