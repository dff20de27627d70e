# Every text of the pages, in French. Spaces before : ; ? ! » and after « are typed
# as usual; `crate::words` makes them no-break.

## Around every page

skip-to-content = Aller au contenu
brand-tagline = Des lieux où poser son travail, de village en village
language-menu = Langue
other-language = English
footer-judged = Page établie par ce nœud le
footer-node = Nœud :
footer-about = Escale relie des lieux de coworking labellisés. Chacun a son propre nœud, et celui-ci continue même quand la ligne du village est coupée.
example = exemple
example-note = Ce qui est marqué « exemple » a été inventé pour la démonstration.

## Titles

title-space = { $name }, { $village }
title-coordinator = { $label } · coordination
coordinator-title = Coordination du label
coordinator-eyebrow = Coordination
coordinator-lead = Ce nœud est celui de la coordination : il accorde le label aux lieux, et tient la charte.

## What the reader must know first

warning-clock-title = L’horloge de ce nœud retarde
warning-clock = La coordination a déjà signé des documents plus récents que l’heure d’ici. Tant que l’horloge n’est pas remise à l’heure, les labels et les ouvertures ne peuvent pas être confirmés. Les horaires et les prix restent ceux que chaque lieu a publiés.
warning-register-title = La coordination n’a plus donné de nouvelles depuis plus de 30 jours
warning-register = Les labels montrés ici ne peuvent plus être confirmés. Avant de vous déplacer, demandez au lieu lui-même.
warning-unheard-title = La coordination n’a pas encore été entendue
warning-unheard = Ce nœud vient sans doute d’être installé. Le label, la charte et les autres lieux paraîtront dès le premier échange.

## This space

empty-title = Ce lieu n’a encore rien publié
empty-text = Son adresse, ses horaires et ses formules paraîtront ici dès qu’il les aura publiés.
formulas-heading = Formules
formulas-none = Aucune formule n’est publiée. Demandez à l’hôte d’accueil.
includes = Compris :
includes-in-all = Chaque prix comprend :
hours-heading = Horaires
hours-none = Aucun horaire n’est publié.
hours-closed = fermé
hours-today = aujourd’hui
hours-span = { $from } – { $to }
hours-half-day = La journée se coupe en deux demi-journées à { $time }.
hours-subscribers = Les abonnés ont un badge et viennent à toute heure.
hours-time-zone = Heures de { $zone }.
hours-unknown-time-zone = Le fuseau horaire publié, { $zone }, n’existe pas.
place-heading = Le lieu
place-address = Adresse
place-area-name = Surface
place-area = { $area } m²
place-amenities = Sur place

## Open or closed

door-open-until = Ouvert jusqu’à { $time }
door-opens-today = Fermé, ouvre aujourd’hui à { $time }
door-opens-tomorrow = Fermé, ouvre demain à { $time }
door-opens-on = Fermé, ouvre { $day } à { $time }
door-opens-next = Fermé, ouvre { $day } prochain à { $time }
door-no-hours = Horaires non publiés
door-unknown-time-zone = Ouverture inconnue : fuseau horaire inconnu
door-clock-behind = Ouverture inconnue : l’horloge du nœud retarde

## Standing

standing-labelled = Labellisé jusqu’au { $date }
standing-admitted = Admis, pas encore labellisé
standing-suspended = Label suspendu depuis le { $date }
standing-withdrawn = Label retiré le { $date }
standing-expired = Label expiré depuis le { $date }
standing-unknown = Inconnu du label
standing-unsure = Label à confirmer
standing-reason = Motif :

## The other spaces

spaces-heading = Les autres lieux du label
spaces-heading-coordinator = Les lieux et leur situation
spaces-count =
    { $count ->
        [one] { $count } lieu
       *[other] { $count } lieux
    }
spaces-open =
    { $open ->
        [0] { $spaces }, aucun d’ouvert en ce moment
        [one] { $spaces }, dont { $open } ouvert en ce moment
       *[other] { $spaces }, dont { $open } ouverts en ce moment
    }
spaces-labelled =
    { $count ->
        [one] { $count } labellisé
       *[other] { $count } labellisés
    }
spaces-admitted = { $count } admis
spaces-without = { $count } sans label en ce moment
spaces-none-title = Pas encore d’autre lieu
spaces-none = Les autres lieux du label paraîtront ici dès que la coordination les aura admis et que ce nœud aura de leurs nouvelles.
spaces-none-coordinator = Les lieux paraîtront ici dès que la coordination les aura admis.
others-heading = Sans label en ce moment
others-text = Un passeport n’y donne pas droit à un passage.
card-prices-none = Aucune formule publiée.
card-nothing-yet = Rien n’est encore connu de ce lieu.

## How fresh

news-fresh = Dernières nouvelles { $when }
news-stale = Sans nouvelles depuis le { $date } : ce qui est dit ici n’est peut-être plus à jour.
news-never = Pas encore de nouvelles.
news-unverified = Ses dernières nouvelles n’ont pas pu être vérifiées ; ce qui est montré l’a été avant.
news-not-fetched = Ses dernières nouvelles n’ont pas pu être lues en entier ; ce qui est montré date d’avant.
news-code = code

## The label

label-heading = Le label
label-nameless = Le label
label-unheard = La charte n’est pas encore connue de ce nœud.
label-unwritten = La charte n’est pas encore publiée.
label-coordination = Coordination
label-charter = Charte
label-charter-version = version { $version }
label-roaming = Travailler ailleurs
roaming-half-days =
    { $count ->
        [one] Chaque abonné a droit à { $count } demi-journée par mois dans les autres lieux du label.
       *[other] Chaque abonné a droit à { $count } demi-journées par mois dans les autres lieux du label.
    }
roaming-none = La charte ne donne pas de droit d’itinérance.
settlement-reciprocal = C’est réciproque : les passages se comptent et s’équilibrent entre lieux, ils ne se paient pas.
settlement-home-pays = Le lieu d’attache paie le passage au lieu d’accueil, au prix que celui-ci a publié.

## Units of a price list

unit-hour = l’heure
unit-half-day = la demi-journée
unit-day = la journée
unit-week = la semaine
unit-month = le mois
unit-year = l’année

## Dates and times

weekday-monday = lundi
weekday-tuesday = mardi
weekday-wednesday = mercredi
weekday-thursday = jeudi
weekday-friday = vendredi
weekday-saturday = samedi
weekday-sunday = dimanche
month-january = janvier
month-february = février
month-march = mars
month-april = avril
month-may = mai
month-june = juin
month-july = juillet
month-august = août
month-september = septembre
month-october = octobre
month-november = novembre
month-december = décembre
date =
    { $day ->
        [1] 1er { $month } { $year }
       *[other] { $day } { $month } { $year }
    }
date-and-time = { $date } à { $time }
date-unknown = (date inconnue)
time-midnight = minuit
ago-now = à l’instant
ago-minutes =
    { $count ->
        [one] il y a { $count } minute
       *[other] il y a { $count } minutes
    }
ago-hours =
    { $count ->
        [one] il y a { $count } heure
       *[other] il y a { $count } heures
    }
ago-days =
    { $count ->
        [one] il y a { $count } jour
       *[other] il y a { $count } jours
    }

## What went wrong

missing-title = Cette page n’existe pas
missing-happened = Rien ne se trouve à cette adresse. Elle a peut-être été mal recopiée, ou la page a été retirée.
missing-next = Repartez de la page d’accueil.
method-title = Cette page se lit seulement
method-happened = Ce qui a été envoyé n’est pas attendu à cette adresse.
nothing-changed = Rien n’a été changé.
unavailable-title = La page ne peut pas être montrée en ce moment
unavailable-happened = Ce nœud n’a pas pu lire ce qu’il sait.
unavailable-kept = Regarder cette page n’a rien changé à ce qui était enregistré.
unavailable-next = Réessayez dans une minute. Si cela dure, prévenez l’hôte d’accueil du lieu.
home-link = Page d’accueil de ce nœud
