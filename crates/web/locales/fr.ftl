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
history-title = La charte et l’histoire du label
history-lead = Ce que le label demande, et tout ce qui a été décidé, avec son motif. Rien n’en est effacé.
history-criteria = Ce que le label demande
history-none = Rien n’a été décidé que ce nœud connaisse.
history-all = Tous les lieux
history-warned = Averti, avec un délai jusqu’au { $date } :
act-admitted = Admis au réseau
act-asked = Demande le label
act-granted = Label accordé
act-renewed = Label renouvelé
act-expired = Label arrivé à son terme
act-warned = Avertissement
act-suspended = Label suspendu
act-lifted = Avertissement ou suspension levés
act-withdrawn = Label retiré
act-ended = Ne fait plus partie du réseau
label-further = Aussi dans ces labels
label-asking = Demande à être admis
label-refused = Non admis
label-refused-help = la coordination n’a pas accepté l’invitation ; en demander une nouvelle.
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
date-and-weekday = { $weekday } { $date }
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

## The passport

passport-title = Mon passeport
passport-without-title = Cette page a besoin de ses scripts
passport-without = Le navigateur ne les a pas lancés : ils sont bloqués, ou il est trop ancien. Rien n’a été changé. Autorisez-les pour ce site, mettez le navigateur à jour, ou demandez un passeport papier à votre hôte d’accueil.
passport-insecure-title = La connexion n’est pas protégée
passport-insecure = Un téléphone ne garde un passeport que pour une adresse en https, et avec un navigateur à jour. Ouvrez cette page en https, ou demandez un passeport papier à votre hôte d’accueil.
passport-unkept-title = Ce navigateur ne garde rien
passport-unkept = Il n’a pas pu lire ou écrire ce que cette page garde sur le téléphone. Quittez la navigation privée, faites de la place, puis rouvrez la page.
passport-expired-title = Votre passeport a expiré
passport-expired = Aucun lieu ne peut plus l’accepter. Votre abonnement n’a pas changé. Demandez un nouveau code à votre lieu d’attache, puis touchez « Saisir un nouveau code ».
passport-expiring-title = Votre passeport expire bientôt
passport-expiring = Il reste moins de cinq jours. Il se renouvelle de lui-même à l’ouverture de cette page avec du réseau. Sinon, demandez un nouveau code à votre lieu d’attache.
passport-paused-title = Votre abonnement est en pause
passport-paused = Les lieux d’accueil refuseront ce passeport jusqu’à la reprise. Il reste sur ce téléphone. Parlez-en à votre lieu d’attache.
passport-ended-title = Votre abonnement est terminé
passport-ended = Les lieux d’accueil refuseront ce passeport. Si ce n’est pas ce que vous attendiez, parlez-en à votre lieu d’attache.
passport-taken-title = Votre lieu d’attache ne reconnaît plus ce passeport
passport-taken = Il a été repris, ou remplacé sur un autre téléphone. Il reste ici tant qu’un autre n’est pas arrivé. Demandez un nouveau code à votre lieu d’attache, puis touchez « Saisir un nouveau code ».
passport-clock-title = L’horloge de ce téléphone n’est pas à l’heure
passport-clock = Un lieu d’accueil n’accepte un code que pendant deux minutes, et refusera ceux-ci. Votre passeport n’a pas changé. Réglez l’heure du téléphone sur automatique, puis rouvrez la page.
passport-code-failed-title = Le code n’a pas pu être dessiné
passport-code-failed = Votre abonnement n’a pas changé. Rouvrez la page ; si cela dure, demandez un nouveau code à votre lieu d’attache.
passport-offline-title = Hors ligne : votre passeport marche.
passport-offline = Lieux et demi-journées sont ceux de la dernière connexion.
passport-enrol-heading = Mettre mon passeport sur ce téléphone
passport-enrol-text = Votre lieu d’attache vous donne un code. Il sert une fois, dans les sept jours. Le passeport est ensuite gardé ici, et marche aussi sans réseau.
passport-enrol-label = Code à usage unique
passport-enrol-hint = 16 lettres et chiffres, tels que ABCD‑EFGH‑JKMN‑PQRS. Majuscules et tirets ne comptent pas.
passport-enrol-send = Recevoir mon passeport
passport-enrol-back = Garder le passeport actuel
passport-enrol-open = Saisir un nouveau code
passport-host = Lieu d’accueil
passport-host-choose = Choisissez où vous êtes
passport-host-none = Aucun lieu labellisé n’est connu
passport-code = Code QR du passeport, à scanner à l’accueil
passport-for = Pour
passport-code-good = Bon une fois, pendant deux minutes ; renouvelé chaque minute.
passport-code-new = Nouveau code
passport-code-made = Un nouveau code est affiché.
passport-shared = Un autre lieu a vu ce même passeport : les deux pourraient savoir qu’ils vous ont vu. Votre lieu d’attache en remet de nouveaux à ce téléphone dès qu’il est joint.
passport-also = Montrer aussi à cet accueil
passport-also-full-name = mon nom complet
passport-also-organisation = ma structure
passport-also-portrait = l’empreinte de mon portrait
passport-also-hint = Pour ce lieu seulement, tant que cette page reste devant. L’accueil le lit et n’en garde rien.
passport-challenge-open = L’accueil affiche un nombre
passport-challenge = Nombre affiché à l’accueil
passport-challenge-hint = Six chiffres. Le code vaut alors pour cet accueil, maintenant, et pour personne qui l’aurait photographié.
passport-facts = Ce que dit le passeport
passport-name = Nom
passport-home = Lieu d’attache
passport-label = Label
passport-formula = Formule
passport-until = Valable jusqu’au
passport-left = Demi-journées ailleurs, ce mois-ci
passport-left-of = sur
passport-remove = Retirer le passeport de ce téléphone
passport-remove-title = Retirer le passeport ?
passport-remove-text = Le passeport et sa clé sont effacés de ce téléphone, pour de bon. Votre abonnement ne change pas. Pour remettre un passeport ici, il faudra un nouveau code de votre lieu d’attache.
passport-remove-no = Garder
passport-remove-yes = Retirer
passport-removed = Le passeport a été retiré de ce téléphone.
passport-sending = Demande envoyée à votre lieu d’attache.
passport-enrolled = Votre passeport est sur ce téléphone.
passport-code-length = Un code a 16 lettres et chiffres. Rien n’a été envoyé. Comparez avec ce qu’on vous a donné.
passport-refused-code = Ce code n’est pas connu ici : il a plus de sept jours, il a été repris, ou il vient d’un autre lieu. Rien n’a été changé. Vérifiez-le, ou demandez-en un nouveau à votre lieu d’attache.
passport-refused-used = Ce code a déjà servi sur un autre téléphone. Rien n’a été changé ici. Demandez un nouveau code à votre lieu d’attache ; si ce n’était pas vous, dites-le-lui.
passport-refused-not-active = Votre abonnement est en pause ou terminé. Le code n’a pas servi. Parlez-en à votre lieu d’attache.
passport-refused-key = La clé faite par ce navigateur n’a pas été acceptée. Le code n’a pas servi. Réessayez ; si cela dure, mettez le navigateur à jour.
passport-refused-busy = Le nœud de votre lieu d’attache est occupé. Rien n’a été changé, et le code est gardé. Réessayez dans une minute.
passport-refused-clock = L’horloge du nœud de votre lieu d’attache retarde. Rien n’a été changé, et le code est gardé. Prévenez votre lieu d’attache.
passport-refused-unreachable = Votre lieu d’attache n’a pas répondu. Le code et la clé sont gardés sur ce téléphone. Réessayez avec du réseau : le même code donnera le même passeport.
passport-refused-too-many = Vous avez déjà autant de passeports qu’il se peut. Le code n’a pas servi. Demandez à votre lieu d’attache de les reprendre.
passport-refused-other = Le nœud n’a pas donné de passeport. Le code est gardé sur ce téléphone. Réessayez plus tard, ou parlez-en à votre lieu d’attache.

## The desk, and the members

role-desk = poste d’accueil
role-steward = hôte d’accueil
role-operator = gestionnaire du lieu
sign-in-title = Équipe du lieu
sign-in-text = Cette page est pour qui accueille et gère ce lieu. Un code à usage unique vous a été donné.
sign-in-label = Code à usage unique
sign-in-hint = 16 lettres et chiffres. Le code sert une fois, dans les sept jours ; ce navigateur reste ensuite connecté.
sign-in-send = Entrer
sign-in-refused = Ce code n’est pas bon, ou ne l’est plus. Rien n’a été changé. Vérifiez-le, ou demandez-en un autre au gestionnaire du lieu.
sign-in-who = Ce navigateur est connecté :
sign-out = Se déconnecter de cet appareil
desk-title = Poste d’accueil
desk-label = Passeport
desk-hint = Placez le curseur ici et scannez le code du visiteur : le lecteur l’écrit et valide.
desk-send = Vérifier
desk-next = Effacer
desk-state = État de ce lieu
desk-label-news = Label :
desk-home-news = Lieu d’attache :
desk-account = Mon accès
desk-from = Lieu d’attache :
desk-left = { $count ->
    [0] Plus de demi-journée d’itinérance ce mois-ci
    [one] { $count } demi-journée d’itinérance ce mois-ci, à notre connaissance
   *[other] { $count } demi-journées d’itinérance ce mois-ci, à notre connaissance
}
desk-allowed = Bienvenue
desk-allowed-why = Passeport valable, montré à l’instant pour ce lieu.
desk-verify = À vérifier
desk-paper-why = Passeport papier valable : n’importe qui peut le tenir en main.
desk-paper-cure = Demandez une pièce avec photo : est-ce bien ce nom ?
desk-expired = Passeport expiré
desk-expired-why = Un passeport vaut trente jours. Celui-ci n’a pas été renouvelé.
desk-new-code-cure = Le lieu d’attache donne un nouveau code. En attendant, proposez une formule de ce lieu.
desk-no-allowance = Plus de demi-journée
desk-no-allowance-why = Le droit d’itinérance de ce mois est épuisé, d’après le lieu d’attache.
desk-no-allowance-cure = Proposez une formule de ce lieu. Le droit revient le mois prochain.
desk-used = Déjà utilisé
desk-used-why = Ce code a déjà été accepté ici. Un code sert une fois.
desk-show-again-cure = Demandez un nouveau code sur le téléphone, et vérifiez que l’heure du téléphone est juste.
desk-blocked = Refusé
desk-revoked-why = Le lieu d’attache a repris ce passeport.
desk-paused-why = Le lieu d’attache a mis l’abonnement en pause.
desk-key-ended-why = Le lieu d’attache a remplacé la clé qui a signé ce passeport.
desk-key-ended-cure = Avec le réseau, la personne ouvre la page de son passeport : son lieu d’attache lui en donne un autre aussitôt. Une carte est réimprimée par le lieu d’attache.
desk-home-cure = Le visiteur en parle à son lieu d’attache.
desk-suspended-why = Le label du lieu d’attache est suspendu.
desk-withdrawn-why = Le lieu d’attache n’a plus le label.
desk-formula-cure = Proposez une formule de ce lieu.
desk-not-here = Pas ici, pas maintenant
desk-other-host-why = Le code a été fait pour un autre lieu.
desk-other-host-cure = Le visiteur choisit ce lieu sur la page de son passeport.
desk-we-unlabelled-why = Notre lieu n’a pas le label en ce moment.
desk-coordinator-cure = Parlez-en à la coordination.
desk-home-unlabelled-why = Le lieu d’attache n’a pas le label en ce moment.
desk-register-why = La coordination n’a pas été entendue depuis trente jours : on ne sait plus qui a le label.
desk-list-why = Le lieu d’attache n’a pas été entendu depuis quatorze jours : on ne sait plus quels passeports valent.
desk-line-cure = Vérifiez la connexion de ce lieu. Le visiteur n’y est pour rien : à vous de juger.
desk-clock-why = L’horloge de notre nœud retarde : rien ne peut être jugé.
desk-clock-cure = Le gestionnaire met l’horloge à l’heure. Le visiteur n’y est pour rien.
desk-not-genuine = Pas un passeport valable
desk-unknown-home-why = Aucun lieu de ce label ne l’a signé.
desk-out-of-time-why = Le code a été fait il y a plus de deux minutes : une photo, ou un téléphone mal à l’heure.
desk-malformed-why = Ce n’est pas un passeport : un autre code, ou un passeport qui a été changé.
desk-challenge = Nombre pour le visiteur
desk-challenge-text = À écrire sur le téléphone, sous « L’accueil affiche un nombre ». Bon deux minutes, pour un visiteur.
desk-challenge-on = Demander un nombre
desk-challenge-off = Se passer de nombre
desk-challenge-why = Le code n’a pas été fait pour le nombre affiché ici, ou le nombre est périmé.
desk-challenge-cure = Montrez le nouveau nombre, et scannez le code que le téléphone en fait.
desk-scan-again-cure = Scannez encore une fois. Sinon, proposez une formule de ce lieu.
members-title = Abonnés
members-none = Aucun abonné pour l’instant.
members-add = Ajouter un abonné
members-name = Nom court
members-name-hint = Les lieux d’accueil le liront : un prénom suffit.
members-formula = Formule
members-half-days = Demi-journées ailleurs, par mois
members-half-days-hint = Laissez vide pour ce que dit la charte.
members-send = Ajouter
members-name-refused = Il faut un nom de 1 à 40 caractères. Rien n’a été changé.
members-formula-refused = Ce lieu ne publie pas cette formule. Rien n’a été changé. Publiez d’abord vos formules.
members-half-days-refused = Un mois a 62 demi-journées au plus. Rien n’a été changé.
members-not-a-space = La coordination n’a pas d’abonnés.
member-active = Actif
member-paused = En pause
member-ended = Terminé
member-half-days = { $count }
member-since = Dans cet état depuis le
member-holds = Passeports
member-passports = { $count ->
    [0] aucun valable
    [one] { $count } valable
   *[other] { $count } valables
}
member-number = Numéro
member-phone = Sur un téléphone
member-phone-text = Un code à usage unique ouvre la page du passeport sur le téléphone de l’abonné.
member-code-make = Faire un code
member-paper = Sur papier
member-paper-text = Pour qui n’a pas de téléphone : une carte à imprimer, valable trente jours, montrée avec une pièce avec photo.
member-paper-name = Nom sur la carte
member-paper-hint = Comme sur la pièce avec photo. Ce nom n’est pas gardé ici.
member-paper-make = Faire la carte
member-particulars = Ce qu’il peut montrer
member-particulars-text = En plus du nom court, et seulement quand il le coche sur son téléphone, pour un accueil à la fois. Cela entre dans ses prochains passeports.
member-particulars-send = Garder
member-particulars-refused = Un nom a 100 caractères au plus, et l’empreinte d’un portrait 43 lettres et chiffres. Rien n’a été changé.
member-full-name = Nom complet
member-organisation = Structure
member-portrait = Empreinte du portrait
member-portrait-hint = Le SHA-256 d’une image que l’abonné a sur lui, en base64url. L’image n’est pas gardée ici.
member-carriers = Téléphones et cartes
member-carriers-none = Aucun pour l’instant.
carrier-phone = Téléphone
carrier-card = Carte
carrier-good = Valable
carrier-paused = En pause
carrier-revoked = Repris
carrier-expired = Périmé
carrier-since = Depuis le { $since }, valable jusqu’au { $until }.
carrier-renewed = Depuis le { $since }, renouvelé le { $renewed }, valable jusqu’au { $until }.
carrier-revoke = Reprendre
member-lost = Téléphone ou carte perdus
member-lost-text = Tous les passeports et codes de cet abonné cessent de valoir : dans les autres lieux aussi, dès qu’ils l’apprennent, en moins d’une minute quand la ligne marche. L’abonnement continue : un nouveau code remet un passeport.
member-revoke = Reprendre ses passeports
member-membership = Abonnement
member-pause-text = En pause, ses passeports sont refusés jusqu’à la reprise ; les autres lieux l’apprennent en moins d’une minute quand la ligne marche.
member-pause = Mettre en pause
member-resume = Reprendre l’abonnement
member-end = Terminer l’abonnement…
member-end-text = C’est pour de bon : l’abonnement ne peut pas être repris, et ses passeports cessent de valoir.
member-end-yes = Terminer pour de bon
member-not-active-refused = L’abonnement n’est pas actif. Rien n’a été changé. Reprenez-le d’abord.
member-ended-refused = L’abonnement est terminé, pour de bon. Rien n’a été changé.
member-too-many-refused = Cet abonné a déjà 16 passeports valables. Rien n’a été changé. Reprenez-les d’abord, puis donnez un nouveau code.
code-title = Code pour un téléphone
code-text = L’abonné vise ce carré avec l’appareil photo de son téléphone, ou saisit le code sur la page du passeport.
code-picture = Code QR qui ouvre la page du passeport
code-or = Ou ouvrez
code-good = Bon une fois, pendant sept jours. Il n’est montré que maintenant : imprimez cette page, ou laissez-la ouverte.
code-done = Revenir à l’abonné
paper-title = Passeport papier
paper-text = Imprimez cette page sur une feuille A6 (ou A4, à plier). La carte n’est montrée que maintenant ; perdue, elle se reprend comme un téléphone.
paper-note = À présenter avec une pièce avec photo.
role-needed-title = Pas avec cet accès
role-needed-happened = Votre accès ne permet pas d’ouvrir cette page ou de faire cela.
role-needed-next = Demandez à un hôte d’accueil ou au gestionnaire du lieu.
other-origin-title = Demande venue d’ailleurs
other-origin-happened = Le formulaire n’était pas sur une page de ce nœud, ou votre navigateur ne le dit pas.
other-origin-next = Ouvrez la page sur ce nœud, et recommencez là.
form-not-read-title = Formulaire illisible
form-not-read-happened = Ce qui a été envoyé n’est pas un formulaire, ou est trop long.
form-not-read-next = Revenez à la page, et recommencez.

## Visits: the desk, the stewards' list

staff-menu = Pages de l’équipe
menu-count = à voir
desk-visit-begun = Le passage commence.
desk-visit-goes-on = Déjà là : le passage continue, depuis { $time }.
desk-visit-until = Le lieu est ouvert jusqu’à { $time } : si personne ne note le départ, le passage s’arrête alors.
desk-visit-midnight = Si personne ne note le départ, le passage s’arrête à minuit.
desk-own-member = Abonné de ce lieu : rien n’est compté, et la liste des présents ne le montre pas.
desk-paper-seen = Passeport papier valable, comparé par vous à une pièce avec photo.
desk-paper-send = C’est bien cette personne : laisser entrer
here-title = Qui est là
here-none = Aucun visiteur d’un autre lieu n’est là en ce moment.
here-members = Les abonnés de ce lieu vont et viennent sans être comptés : ils ne sont pas dans cette liste.
here-nameless = (nom oublié)
here-since = depuis { $time }
here-since-day = depuis le { $date }
here-by-phone = sur téléphone
here-by-paper = sur papier
here-leave = Part maintenant
here-left = Départ noté :
counted = Compté : { $what }.
half-days-none = rien, ce temps était déjà compté
half-days-morning = une demi-journée, le matin
half-days-afternoon = une demi-journée, l’après-midi
half-days-both = deux demi-journées, toute la journée
visit-ended-refused = Ce passage est déjà terminé. Rien n’a été changé.
visits-title = Passages
visits-recent = Passages récents
visits-text = Un passage se corrige pendant sept jours. Rien n’est effacé : un avoir reprend le reçu.
visits-none = Aucun passage d’un autre lieu ces derniers jours.
visit-end-left = départ noté à l’accueil
visit-end-forgotten = départ non noté, heure de fermeture
visit-end-corrected = départ corrigé
visit-arrived = arrivée à { $time }
visit-none = Pas de passage : noté par erreur
receipt-none = Pas de reçu : rien n’est compté
receipt-waiting = Reçu en attente de réponse
receipt-accepted = Reçu accepté
receipt-refused = Reçu refusé
receipt-given-up = Reçu abandonné
receipt-moot = Sans objet
receipt-why = Motif :
visit-correct = Corriger
visit-correct-left = Heure de départ
visit-correct-hint = Heure d’ici, le { $day }, de l’arrivée jusqu’à maintenant.
visit-correct-follows = Le reçu est repris par un avoir, et un autre part.
visit-correct-first = Un nouveau reçu part.
visit-correct-until = jusqu’au { $date }
visit-correct-send = Corriger le départ
visit-not-here-text = Noté par erreur : rien n’est compté, et le reçu est repris par un avoir s’il est parti.
visit-not-here-send = Il n’y a pas eu de passage
corrected-replaced = Corrigé. Le reçu est repris par un avoir, et un autre part.
corrected-taken-back = Corrigé. Le reçu est repris par un avoir, et rien n’est compté.
corrected-sent = Corrigé. Un reçu part.
corrected-nothing = Corrigé. Rien n’est compté, et aucun reçu ne part.
visit-time-malformed = « { $typed } » n’est pas une heure : écrivez-la comme 17:30. Rien n’a été changé.
visit-time-missing = Il manque l’heure de départ. Rien n’a été changé.
visit-time-before = Ce départ est avant l’arrivée, à { $time }. Rien n’a été changé.
visit-time-future = Ce départ est encore à venir : ici, c’est le { $time }. Rien n’a été changé.
visit-time-same = C’est déjà l’heure de départ retenue. Rien n’a été changé.
visit-too-late = Ce passage est terminé depuis plus de sept jours et ne se corrige plus. Rien n’a été changé.

## The outbox

feed-unconfirmed = Ce nœud a été restauré depuis une copie
feed-unconfirmed-cure = Rien n’est publié tant qu’un partenaire n’a pas dit jusqu’où va le fil de ce nœud. Il le demande de lui-même dès que la ligne est rétablie. L’accueil et les passages continuent en attendant.
feed-divided = Une autre machine fonctionne sous le nom de ce nœud
feed-divided-cure = Rien n’est publié ici tant que vous n’avez pas dit laquelle continue. Sur celle-ci, tapez : escale feed take-over. Puis arrêtez l’autre.
feed-parted = Fils qui se sont dédoublés
feed-parted-text = Ces nœuds ont signé deux choses différentes à la même place de leur fil, le plus souvent parce qu’ils ont été restaurés depuis une sauvegarde ou qu’ils fonctionnent en double. Les deux écrits signés sont gardés comme preuve.
feed-parted-at = Deux écrits à la position { $seq }, vus le { $date }
feed-parted-over = Le nœud a repris depuis. Il n’y a rien à faire.
feed-parted-cure = Ce qu’il publie n’est plus lu tant qu’il n’a pas demandé à ses partenaires. Parlez-en à son exploitant.
outbox-title = Envois
outbox-text = Les reçus et les avoirs que ce lieu envoie aux autres. Ils sont renvoyés d’eux-mêmes jusqu’à la réponse, aussi après une coupure.
outbox-none-title = Rien n’attend
outbox-none = Tout ce que ce lieu a envoyé a eu sa réponse.
outbox-dead = À voir
outbox-waiting = En attente de réponse
outbox-receipt = Reçu pour
outbox-credit = Avoir pour
outbox-registration = Inscription auprès de
outbox-cancellation = Désinscription auprès de
outbox-key-update = Nouvelle clé de ce lieu, demandée à
outbox-key-revocation = Fin d’une clé volée, annoncée à
outbox-notice = Nouvelle d’une inscription pour
outbox-application = Demande du label, à
outbox-visit = Passage de
outbox-since = En attente depuis le { $date }
outbox-untried = Pas encore essayé depuis le démarrage de ce nœud.
outbox-tried =
    { $count ->
        [one] Essayé { $count } fois en vain, { $when }.
       *[other] Essayé { $count } fois en vain, la dernière { $when }.
    }
outbox-silent = Ce lieu ne répond pas : sa ligne est coupée, ou son nœud est arrêté.
outbox-not-yet = Ce lieu répond, et ne peut pas encore décider.
outbox-why = Dans le détail :
outbox-next = Prochain essai le { $date }, ou dès que la ligne revient.
outbox-after = Part quand l’envoi précédent du même passage a eu sa réponse.
outbox-refused = Refusé le { $date }
outbox-given-up = Abandonné le { $date }
outbox-again = Renvoyer
outbox-sent-again = Remis en attente : il est envoyé dès que la ligne le permet.
outbox-again-refused = Cet envoi ne peut pas être refait : il attend déjà, il a eu sa réponse, ou un autre a pris sa place. Rien n’a été changé.
outbox-replaced = Un autre reçu a pris la place de celui-ci depuis : il n’y a plus rien à faire.
outbox-conflicts = Demandes contradictoires
outbox-conflicts-text = Ces lieux ont demandé deux choses différentes sous le même nom. La première réponse vaut, et les deux demandes signées sont gardées comme preuve. Parlez-en au lieu, puis à la coordination.
outbox-conflict-at = Le { $date }, sous le nom
outbox-evidence = Les deux demandes signées
outbox-answered = Celle qui a eu sa réponse
outbox-other = L’autre
refusal-no-proof = Rien ne prouve au lieu d’attache que son abonné était ici à ce moment.
refusal-not-ours = Le lieu d’attache ne connaît pas l’abonné de ce passeport.
refusal-differs = Le lieu d’attache compte autrement, d’après nos horaires et nos prix publiés.
refusal-too-late = Le passage remonte à plus de trois mois.
refusal-out-of-time = Le reçu vient du futur : une des deux horloges n’est pas à l’heure.
refusal-not-labelled = Notre lieu n’avait pas le label à ce moment, d’après le lieu d’attache.
refusal-proof-used = Le même code a déjà servi de preuve à un autre reçu.
refusal-counted-already = Cette demi-journée est déjà comptée par un autre reçu.
refusal-too-many = Le lieu d’attache garde déjà trop de reçus de cette journée.
refusal-id-used = Le lieu d’attache tient un autre reçu sous le même nom.
refusal-credited = Le reçu a déjà été repris par un avoir.
refusal-receipt-unknown = Le lieu d’attache n’a pas le reçu que cet avoir reprend.
refusal-conflict = Une autre demande a déjà été faite sous ce nom.
refusal-unknown-kind = Le nœud du lieu d’attache ne connaît pas ce genre de demande.
refusal-malformed = Le nœud du lieu d’attache n’a pas pu lire la demande.
refusal-unanswered = Le lieu d’attache n’a pas répondu pendant trois mois.
cure-speak = Parlez-en avec le lieu d’attache, puis renvoyez, ou corrigez le passage.
cure-correct = Si le passage est mal noté, corrigez-le. Sinon, il n’y a rien à faire.
cure-nothing = Il n’y a rien à faire : là-bas, rien de plus n’est compté.
cure-clock = Vérifiez l’heure de ce nœud, et demandez au lieu d’attache de vérifier la sienne. Renvoyez ensuite.
cure-coordinator = Parlez-en à la coordination, puis renvoyez.
cure-again = Renvoyez : la demande prend un nouveau nom.
cure-update = Les deux nœuds n’ont sans doute pas la même version. Mettez-les à jour, puis renvoyez.
cure-line = Demandez au lieu d’attache si son nœud marche, puis renvoyez.
cure-unknown = Ce nœud ne connaît pas ce motif. Demandez au lieu d’attache ce qu’il veut dire, puis renvoyez.

## Roaming, on the member's phone and on the cards

card-visit =
    { $count ->
        [one] Un passage d’une journée : { $count }{"\u00A0"}demi-journée
       *[other] Un passage d’une journée : { $count }{"\u00A0"}demi-journées
    }
roaming-title = Travailler ailleurs
roaming-left-none-granted = Votre abonnement ne donne pas de droit d’itinérance.
roaming-left-none = Il ne vous reste aucune de vos { $granted } demi-journées de ce mois-ci.
roaming-left-no-single = Votre demi-journée de ce mois-ci est prise.
roaming-left-single = Il vous reste votre demi-journée de ce mois-ci.
roaming-left-one = Il vous reste une de vos { $granted } demi-journées de ce mois-ci.
roaming-left-some = Il vous reste { $left } de vos { $granted } demi-journées de ce mois-ci.
roaming-as-of = D’après votre lieu d’attache, le { $date }.
roaming-costs = Une journée là-bas
roaming-costs-none = Aucun autre lieu labellisé n’est connu.
roaming-closed = Rien d’ouvert dans les sept prochains jours.
roaming-past = Dernière journée connue : { $day }
roaming-day-one = Une journée ici : une de vos { $left } demi-journées.
roaming-day-last = Une journée ici : la seule demi-journée qui vous reste.
roaming-day-two = Une journée ici : deux de vos { $left } demi-journées.
roaming-day-both = Une journée ici : les deux demi-journées qui vous restent.
roaming-day-short = Une journée ici compte deux demi-journées : il ne vous en reste qu’une.
roaming-day-short-carried = Vous pouvez venir : la seconde est prise sur le mois prochain.
roaming-day-none-one = Une journée ici compte une demi-journée : il ne vous en reste pas.
roaming-day-none-two = Une journée ici compte deux demi-journées : il ne vous en reste pas.
roaming-day-none-cure = L’hôte d’accueil peut vous proposer une formule du lieu.
roaming-now-one = D’ici la fermeture : une.
roaming-now-two = D’ici la fermeture : deux.
roaming-value = Au tarif du lieu, une journée vaut { $price }.
roaming-visits = Mes passages ailleurs
roaming-visits-none = Aucun passage n’a encore été compté.
roaming-paper = sur papier
roaming-credited-corrected = Repris par un avoir : le lieu d’accueil a corrigé ce passage.
roaming-credited-not-here = Repris par un avoir : il n’y a pas eu de passage.
roaming-credited-other = Repris par un avoir.
roaming-time = { $hour }{"\u00A0"}h{"\u00A0"}{ $minute }
roaming-hour = { $hour }{"\u00A0"}h

## The calendar and an event

calendar-title = Calendrier
calendar-lead = Les événements et les formations de ce lieu, des autres lieux du label et de la coordination.
calendar-lead-coordinator = Les événements et les formations de la coordination et des lieux du label.
calendar-filter = Choisir
calendar-from = À partir du
calendar-days = Pendant
calendar-days-week = une semaine
calendar-days-month = un mois
calendar-days-quarter = trois mois
calendar-days-year = un an
calendar-space = D’où il vient
calendar-village = Village
calendar-kind = Genre
calendar-all = tout
calendar-show = Montrer
calendar-shown = Du { $from } au { $to }
calendar-count =
    { $count ->
        [0] rien d’annoncé
        [one] { $count } date
       *[other] { $count } dates
    }
calendar-today = aujourd’hui
calendar-tomorrow = demain
calendar-earlier = Plus tôt
calendar-later = Plus tard
calendar-none-title = Rien d’annoncé ici
calendar-none = Regardez plus tard, ou choisissez moins. Ce qui sera publié dans un lieu du label paraîtra ici tout seul.
calendar-reset = Tout montrer, à partir d’aujourd’hui
calendar-cut = Il y a plus de dates que cette page n’en montre : choisissez moins de jours.
calendar-unread = « { $typed } » n’a pas été compris : ce choix n’est pas appliqué.
calendar-hours-of = Heures de { $zone }, sauf mention contraire.
subscribe-title = S’abonner
subscribe-text = Votre agenda montre alors ces événements avec les vôtres, avec les mêmes choix qu’ici, et les tient à jour : changements et annulations compris.
subscribe-open = Ouvrir dans mon agenda
subscribe-file = Télécharger le fichier .ics
subscribe-address = Ou copiez cette adresse dans votre agenda :
subscribe-refresh = C’est l’agenda qui décide quand il regarde : Apple en quelques minutes ou une fois par semaine selon le réglage, Google après des heures, parfois plus d’un jour, Outlook après 3 à 24 heures, Thunderbird après 30 minutes. Le jour même, regardez ici.
whats-on = Ce qui se passe
whats-on-all = Tout le calendrier
whats-on-none = Rien n’est annoncé pour les trois prochains mois.
kind-training = formation
kind-workshop = atelier
kind-web-conference = web-conférence
kind-shared-meal = repas partagé
kind-event = événement
event-by-coordinator = Coordination du label
event-free = gratuit
seats-free =
    { $count ->
        [one] { $count } place libre
       *[other] { $count } places libres
    }
seats-full =
    { $count ->
        [0] complet – liste d’attente vide
       *[other] complet – liste d’attente ({ $count })
    }
seats-none = sans inscription
seats-begun = déjà commencé
seats-over = terminé
event-cancelled = Annulé
event-tentative = À confirmer
event-moved = Déplacé : c’était prévu le { $date }
event-all-day = toute la journée
event-all-day-until = toute la journée, jusqu’au { $date }
event-since = commencé le { $date }
event-there = { $time }, heure de { $zone }
event-in-french = en français
event-in-english = en anglais
event-in-other = langue : { $code }
event-lasts = Durée
event-where = Où
event-link = Sur le web
event-price = Prix
event-seats = Places
event-seats-of = { $seats } sur { $capacity }
event-counted = Comptées { $when } par qui organise : l’inscription tranche.
event-uncounted = Qui organise n’a pas encore dit combien sont prises : l’inscription tranche.
event-again = Revient
event-language = Langue
event-cancelled-text = Cette date n’a pas lieu. Rien n’est à faire pour qui était inscrit.
event-tentative-text = Cette date n’est pas encore sûre. Regardez ici avant de vous mettre en route.
event-moved-title = Déplacé
event-moved-text = C’était prévu le { $date }. Les inscriptions restent.
event-no-date-title = Pas à cette date
event-no-date = Cet événement n’a pas lieu à la date demandée. Voici une date qui existe.
event-about = De quoi il s’agit
event-others = Les autres dates
event-others-more =
    { $count ->
        [one] Et { $count } autre, plus tard.
       *[other] Et { $count } autres, plus tard.
    }
event-origin = D’où cela vient
event-origin-here = Publié par ce nœud, qui compte aussi les places.
event-origin-text = Publié par { $name }, qui compte aussi les places. Ceci en est la copie.
event-origin-link = La page de l’événement chez qui l’organise
event-updated = Modifié le { $date }
duration-days =
    { $count ->
        [one] { $count } jour
       *[other] { $count } jours
    }
duration-hours =
    { $count ->
        [one] { $count } heure
       *[other] { $count } heures
    }
duration-minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
rule-daily =
    { $count ->
        [one] chaque jour
       *[other] tous les { $count } jours
    }
rule-daily-on =
    { $count ->
        [one] chaque { $days }
       *[other] tous les { $count } jours, si c’est un { $days }
    }
rule-weekly =
    { $count ->
        [one] chaque { $days }
       *[other] toutes les { $count } semaines, le { $days }
    }
rule-until = { $rule }, jusqu’au { $date }
rule-times =
    { $count ->
        [one] { $rule }, { $count } fois
       *[other] { $rule }, { $count } fois en tout
    }
list-and = { $first } et { $last }
seat-title = Votre place
seat-elsewhere = La place se demande à votre lieu d’attache : ouvrez-y cette page, sur le téléphone qui porte votre passeport.
seat-homes = Votre lieu d’attache
seat-steward = Sans téléphone, demandez à l’hôte d’accueil de votre lieu d’attache : il inscrit pour vous.
seat-no-homes = Aucun lieu labellisé n’est connu de ce nœud pour l’instant. Demandez à l’hôte d’accueil de votre lieu d’attache.
seat-everybody = Personne ne s’inscrit : venez.
seat-closed-cancelled = Cette date n’a pas lieu : on ne s’y inscrit pas.
seat-closed-begun = Les inscriptions sont closes : c’est commencé, ou terminé.

## Doors of every page, and an event that is not there

site-menu = Pages de ce nœud
no-event-title = Cet événement n’est pas connu ici
no-event-happened = Aucun calendrier que ce nœud lit ne l’annonce : il a été retiré, qui l’organise n’a pas le label en ce moment, ou la nouvelle n’est pas encore arrivée.
no-event-next = Regardez le calendrier, ou réessayez dans quelques minutes.

## Registrations, in the words of the member's pages

seat-name = Nom à appeler à la porte
seat-name-hint = Facultatif : sans lui, c’est le nom court de votre passeport. Qui organise le lira, et personne d’autre.
seat-register = S’inscrire
seat-wait = S’inscrire sur la liste d’attente
seat-cancel = Rendre ma place
seat-leave = Ne plus attendre
seat-again = S’inscrire à nouveau
seat-try = Réessayer
seat-sending = Demande envoyée à votre lieu d’attache.
seat-wait-answer = Cette page regarde d’elle-même si la réponse est là. Vous pouvez aussi la fermer : votre lieu d’attache s’en occupe, et la réponse sera sur la page de votre passeport.
seat-unreachable = Votre lieu d’attache ne répond pas. Rien de nouveau n’est su : ce qui était demandé reste demandé. Réessayez avec du réseau ; demandée deux fois, c’est une seule inscription.
seat-taken-back = Votre lieu d’attache ne reconnaît plus le passeport de ce téléphone. Rien n’a été changé. Ouvrez la page du passeport, qui dit quoi faire.
seat-clock = L’horloge de ce téléphone n’est pas à l’heure, et votre lieu d’attache ne peut pas le croire. Rien n’a été changé. Réglez l’heure sur automatique, puis réessayez.
seat-refused-other = Votre lieu d’attache n’a pas pu le faire. Rien n’a été changé. Réessayez plus tard, ou demandez à l’hôte d’accueil.
seat-refused-no-event = Cette date n’est plus dans le calendrier. Rien n’a été demandé. Regardez les autres dates.
seat-refused-not-active = Votre abonnement est en pause ou terminé. Rien n’a été demandé. Parlez-en à votre lieu d’attache.
seat-refused-name = Il faut un nom de 1 à 40 caractères. Rien n’a été demandé.
seat-refused-too-many = Vous avez déjà autant d’inscriptions qu’il se peut. Rien n’a été demandé. Rendez-en une d’abord.
seat-refused-over = Cette inscription est déjà terminée : rien n’est à rendre.
registered-asked = Demandé : la réponse est attendue
registered-accepted = Inscrit : vous avez une place
registered-freed = Une place s’est libérée : elle est à vous
registered-waiting = Sur la liste d’attente, au rang { $rank }
registered-waiting-text = Une place rendue va à la première personne qui attend. Si c’est vous, c’est fait tout seul, et dit ici.
registered-refused = Pas de place
registered-unknown = Qui organise ne connaît pas cette date
registered-unknown-text = Elle a sans doute été retirée depuis. Rien n’est retenu à votre nom.
registered-cancelling = Rendu : qui organise ne l’a pas encore confirmé
registered-cancelling-text = Votre lieu d’attache le redit jusqu’à ce que ce soit su. Vous n’avez rien à faire.
registered-cancelled = Vous avez rendu cette place
registered-taken-back = Qui organise a repris cette inscription
registered-taken-back-text = Parlez-lui si vous ne savez pas pourquoi.
registered-given-up = Personne n’a répondu à temps
registered-given-up-text = Rien n’est retenu à votre nom. Demandez à qui organise.
registered-event-cancelled = L’événement est annulé
registered-event-cancelled-text = Cette date n’a pas lieu. Vous n’avez rien à faire.
registered-name = À la porte : { $name }
registered-over = Passé
registered-as-of = D’après votre lieu d’attache, le { $date }.
registered-untitled = Événement qui n’est plus publié
registered-title = Mes inscriptions
registered-none = Aucune inscription. Le calendrier montre ce qui se passe.
seat-why-not-labelled = Votre lieu d’attache n’a pas le label en ce moment : ses abonnés ne peuvent pas s’inscrire ailleurs.
seat-why-event-cancelled = L’événement est annulé à cette date.
seat-why-registration-closed = C’était déjà commencé quand la demande est arrivée.
seat-why-no-registration = On ne s’inscrit pas : tout le monde peut venir.
seat-why-event-full = C’est complet, et la liste d’attente aussi.
seat-why-id-used = Qui organise tient une autre inscription sous le même nom. Inscrivez-vous à nouveau.
seat-why-registration-cancelled = Cette inscription avait déjà été rendue. Inscrivez-vous à nouveau si vous voulez venir.
seat-why-too-many = Votre lieu d’attache a déjà trop d’inscriptions à cette date.
seat-why-malformed = Qui organise n’a pas pu lire la demande : les deux nœuds n’ont sans doute pas la même version.
seat-why-unknown-kind = Le nœud de qui organise ne sait pas encore inscrire. Demandez-lui directement.
seat-why-other = Qui organise a refusé, pour un motif que ce nœud ne connaît pas : { $code }.

## The team of the coordinator

sign-in-title-coordinator = Équipe de la coordination
sign-in-text-coordinator = Cette page est pour qui tient la coordination et publie ses événements. Un code à usage unique vous a été donné.

## The staff's pages of events

manage-title = Événements
manage-lead = Les événements de ce nœud. Ceux des autres sont dans le calendrier.
manage-new = Nouvel événement
manage-none-title = Aucun événement
manage-none = Ce nœud n’a encore rien annoncé.
manage-waiting =
    { $count ->
        [one] { $count } en attente
       *[other] { $count } en attente
    }
manage-public = Voir la page publique
manage-edit = Modifier
manage-edit-title = Modifier l’événement
manage-sheet = Feuille de présence
manage-column-name = Nom
manage-column-home = Lieu d’attache
manage-column-seat = Place
manage-column-since = Demandée le
manage-column-sign = Signature
manage-nobody = Personne ne s’est inscrit pour l’instant.
manage-everybody = On ne s’inscrit pas : il n’y a pas de liste.
manage-seat-taken = une place
manage-seat-waiting = liste d’attente, rang { $rank }
manage-seat-given = rendue par l’abonné
manage-seat-taken-back = reprise ici
manage-take-back = Reprendre…
manage-take-back-text = La place va à la première personne qui attend, et les lieux d’attache l’apprennent d’eux-mêmes.
manage-take-back-yes = Reprendre l’inscription de { $name }
manage-took-back-none = Cette inscription n’existe plus ici. Rien n’a été changé.
manage-register = Inscrire un abonné de ce lieu
manage-register-text = Pour qui n’a pas de téléphone. L’abonné retrouve son inscription ici, et sur sa page.
manage-register-member = Abonné
manage-register-date = Date
manage-register-name = Nom à appeler à la porte
manage-register-name-hint = Laissez vide pour le nom court de l’abonné.
manage-register-send = Inscrire
manage-register-none = Aucun abonné actif : il n’y a personne à inscrire.
manage-register-link = Inscrire un abonné (équipe)
manage-cancel-one = Annuler cette date…
manage-cancel-all = Annuler tout l’événement…
manage-cancel = Annuler l’événement…
manage-cancel-registered =
    { $count ->
        [0] Personne ne s’est inscrit.
        [one] { $count } personne est inscrite ou attend : son lieu d’attache l’apprend par le calendrier.
       *[other] { $count } personnes sont inscrites ou attendent : leurs lieux d’attache l’apprennent par le calendrier.
    }
manage-cancel-text = L’événement reste dans tous les calendriers, barré, et dit qu’il n’a pas lieu.
manage-cancel-one-yes = Annuler le { $date }
manage-cancel-all-yes = Annuler toutes les dates
manage-cancel-yes = Annuler l’événement
manage-more-dates =
    { $count ->
        [one] Et { $count } date de plus, à laquelle personne ne s’est inscrit.
       *[other] Et { $count } dates de plus, auxquelles personne ne s’est inscrit.
    }
manage-refused = L’événement n’a pas été publié : voyez à côté des champs. Rien n’a été changé.
form-title = Titre
form-kind = Genre
form-date = Date
form-time = Heure de début
form-time-hint = Heure de { $zone }.
form-all-day = Toute la journée, sans heure
form-weekly = Revient chaque semaine
form-until = Dernière date
form-until-hint = Vide : il revient pendant cinq ans. Ne sert que si l’événement revient.
form-seats = Places, par date
form-seats-hint = Vide : personne ne s’inscrit, tout le monde vient.
form-price = Prix, en euros
form-price-hint = 0 : gratuit. Vide : on n’en dit rien.
form-place = Adresse, si ce n’est pas ici
form-link = Adresse sur le web
form-link-hint = Elle commence par https://
form-description = De quoi il s’agit
form-language = Langue
form-french = français
form-english = anglais
form-tentative = À confirmer : la date n’est pas encore sûre
form-example = Exemple : inventé pour une démonstration
form-publish = Publier
form-change = Publier le changement
form-refused-title = Il faut un titre de 1 à 200 caractères, sur une ligne.
form-refused-date = Il faut un jour du calendrier, comme 2026-12-03.
form-refused-past = C’est déjà passé : regardez à nouveau le jour et l’heure.
form-refused-time = Il faut une heure, comme 18:30.
form-refused-moment = Ce jour-là, l’horloge saute cette heure : choisissez-en une autre.
form-refused-lasts = Il faut des nombres : de 1 minute à 31 jours en tout.
form-refused-until = Il faut un jour, à partir de la première date et au plus cinq ans plus tard.
form-refused-seats = Il faut un nombre de 1 à 10 000, ou rien.
form-refused-price = Il faut un montant comme 12 ou 12,50, ou rien.
form-refused-place = Il faut une ligne de 200 caractères au plus.
form-refused-link = Il faut une adresse qui commence par https://, de 500 caractères au plus.
form-refused-description = C’est trop long : 2 000 caractères au plus.
form-refused-registered = Quelqu’un s’est inscrit pour le { $date }, qui disparaîtrait. Annulez d’abord cette date, ou laissez-la.
form-refused-registered-once = Quelqu’un s’est inscrit pour l’événement tel qu’il est : il ne peut pas devenir une série. Annulez-le, et publiez-en un autre.
form-refused-too-many = Ce nœud publie déjà autant d’événements qu’il se peut.
form-refused-other = L’événement, tel qu’il est rempli, ne peut pas être publié : { $why }.
form-kept-rule = Cet événement revient d’une façon que ce formulaire ne montre pas ({ $rule }) : elle est gardée telle quelle.
member-registrations = Inscriptions
member-registrations-none = Aucune inscription.
member-give-back = Rendre la place

## More of the staff's pages of events

form-days = jours
form-hours-short = heures
form-minutes-short = minutes
form-refused-off-rule = Avec ce jour de la semaine, la façon dont il revient ne va plus.
form-refused-never = Ainsi rempli, il n’a lieu aucun jour.
manage-seats-of =
    { $capacity ->
        [one] { $registered } sur { $capacity } place
       *[other] { $registered } sur { $capacity } places
    }
manage-back = Tous les événements

## Registrations, as a steward reads them

registered-steward-accepted = Inscrit : une place
registered-steward-freed = Une place s’est libérée : inscrit
manage-register-not-active = L’abonnement est en pause ou terminé. Rien n’a été demandé.
manage-register-too-many = Cet abonné a déjà autant d’inscriptions qu’il se peut. Rien n’a été demandé.
