/* What the page asks of this node, which is the member's home.
 *
 * Invariant: an answer is either what was asked for, a [`Refusal`] with its stable code, or
 * [`Unreachable`]. Nothing else is thrown.
 *
 * Specified in `specs/http.md`; the codes in `specs/problems.md`.
 */

/** How long an answer may take. */
const ANSWER_MILLISECONDS_MAX = 15_000;
/** The same for what is asked at each opening: later than this, the line counts as cut. */
const OPENING_MILLISECONDS_MAX = 5_000;
/** How far a phone's clock may be from the home's: half of what a desk allows a code. */
const CLOCK_MILLISECONDS_MAX = 60_000;

/** The home answered that it will not. */
export class Refusal extends Error {
  constructor(status, code, isClockOff) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.isClockOff = isClockOff;
  }
}

/** The home did not answer: the line is cut, or the node does not run. */
export class Unreachable extends Error {}

/** To whom a passport is shown when its holder asks the home: not to a desk, so that what a
 * desk sees is worth nothing here (`specs/passport.md`, section 6.2). */
export function audience({ claims }) {
  return `${claims.iss}/api/v1/member`;
}

/** `POST /api/v1/enrol`: the passports for a one-time code, one for each key. */
export async function enrol(code, jwks) {
  return (await ask("/api/v1/enrol", { body: { code, jwks } })).answer.passports;
}

/** `GET /api/v1/member`: what the home knows of the member now, and whether this phone's
 * clock is too far from the home's for a code to be taken. */
export function member(presentation) {
  return ask("/api/v1/member", { presentation, milliseconds: OPENING_MILLISECONDS_MAX });
}

/** `POST /api/v1/member/renew`: a passport for each of new keys. */
export async function renew(presentation, jwks) {
  return (await ask("/api/v1/member/renew", { presentation, body: { jwks } })).answer.passports;
}

/** `GET /api/v1/member/registrations`: what the member asked for, and what it came to. */
export async function registrations(presentation) {
  const asked = { presentation, milliseconds: OPENING_MILLISECONDS_MAX };
  return (await ask("/api/v1/member/registrations", asked)).answer;
}

/** `POST /api/v1/member/registrations`: asks for a seat. Asked twice, it is one. */
export async function register(presentation, wish) {
  return (await ask("/api/v1/member/registrations", { presentation, body: wish })).answer;
}

/** `POST /api/v1/member/registrations/{id}/cancel`: gives a seat back. */
export async function giveBack(presentation, id) {
  const path = `/api/v1/member/registrations/${encodeURIComponent(id)}/cancel`;
  return (await ask(path, { presentation, body: {} })).answer;
}

/** `GET /api/v1/home`: this space, its partners, the label. It may be an older answer that
 * the service worker kept. */
export async function home() {
  return (await ask("/api/v1/home", {})).answer;
}

async function ask(path, { presentation, body, milliseconds = ANSWER_MILLISECONDS_MAX }) {
  const headers = { Accept: "application/json" };
  if (presentation) {
    headers.Authorization = `Passport ${presentation}`;
  }
  if (body) {
    headers["Content-Type"] = "application/json";
  }
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method: body ? "POST" : "GET",
      headers,
      body: body && JSON.stringify(body),
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(milliseconds),
    });
    answer = await response.json();
  } catch (cause) {
    // Cut off on its way, or a gateway's own page for a node that does not run.
    throw new Unreachable("no answer of the home", { cause });
  }
  const apart = Math.abs(Date.now() - Date.parse(response.headers.get("Date")));
  const isClockOff = apart > CLOCK_MILLISECONDS_MAX;
  if (!response.ok) {
    throw new Refusal(response.status, String(answer.code), isClockOff);
  }
  return { answer, isClockOff };
}
