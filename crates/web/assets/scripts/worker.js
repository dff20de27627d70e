/* The passport's page while the line is cut.
 *
 * The server puts `KEPT` before this text: the version, the two pages, and all that they
 * load. The version follows from their content, so another content is another worker.
 *
 * Invariant: an answer to a question that carries `Authorization` is never kept, nor is
 * anything that changes something. Such a question does not pass through here at all.
 *
 * Invariant: a page is kept together with what it loads, or not at all.
 *
 * Specified in `specs/pages.md`.
 */

const PAGE = "/passport";
const PREFIX = "escale-passport-";
const PAGES = `${PREFIX}${KEPT.version}`;
/** What the node said last, whatever the version. */
const SAID = `${PREFIX}said`;
/** How long somebody waits for the node before what is kept is shown. */
const LINE_MILLISECONDS_MAX = 3_000;
/** How long an answer may still come, to be kept for the next time. A question without an
 * end would hold one of the few connections that a browser opens. */
const ANSWER_MILLISECONDS_MAX = 15_000;
const LANGUAGES = ["fr", "en"];

self.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isOurs = origin === self.location.origin;
  if (!isOurs || request.method !== "GET" || request.headers.has("Authorization")) {
    return;
  }
  if (request.mode === "navigate" && pathname === PAGE) {
    event.respondWith(page(event));
  } else if (pathname === "/api/v1/home") {
    event.respondWith(said(event));
  } else if (KEPT.paths.includes(pathname)) {
    event.respondWith(asset(request));
  }
});

async function keep() {
  const cache = await caches.open(PAGES);
  const fresh = (path) => new Request(path, { cache: "reload", credentials: "omit" });
  await cache.addAll([...KEPT.pages, ...KEPT.paths].map(fresh));
  await self.skipWaiting();
}

async function takeOver() {
  const isOld = (name) => name.startsWith(PREFIX) && name !== PAGES && name !== SAID;
  const old = (await caches.keys()).filter(isOld);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as the node has it, else as it is kept. */
async function page(event) {
  const asked = new URL(event.request.url).searchParams.get("lang")?.toLowerCase();
  const fromNode = ask(event.request, LINE_MILLISECONDS_MAX);
  const answer = await inTime(fromNode);
  if (answer && answer.status < 500) {
    event.waitUntil(rememberLanguage(answer.headers.get("Content-Language")));
    return answer;
  }
  const language = LANGUAGES.includes(asked) ? asked : await lastLanguage();
  event.waitUntil(rememberLanguage(language));
  const cache = await caches.open(PAGES);
  return (await cache.match(`${PAGE}?lang=${language}`, { ignoreVary: true })) ?? fromNode;
}

/** What the node says of itself and its partners, else what it said last. */
async function said(event) {
  const cache = await caches.open(SAID);
  const fromNode = ask(event.request, ANSWER_MILLISECONDS_MAX).then(async (answer) => {
    if (answer.ok) {
      await cache.put("/api/v1/home", answer.clone());
    }
    return answer;
  });
  event.waitUntil(fromNode.catch(() => null));
  const answer = await inTime(fromNode);
  return answer?.ok ? answer : ((await cache.match("/api/v1/home")) ?? fromNode);
}

/** A path names its content, so what is kept is what would come. */
async function asset(request) {
  const cache = await caches.open(PAGES);
  return (await cache.match(request.url)) ?? fetch(request);
}

function ask(request, milliseconds) {
  return fetch(request, { signal: AbortSignal.timeout(milliseconds) });
}

/** The answer, where it comes in time; `null` for none. */
function inTime(answer) {
  const late = new Promise((resolve) => setTimeout(resolve, LINE_MILLISECONDS_MAX, null));
  return Promise.race([answer.catch(() => null), late]);
}

async function rememberLanguage(language) {
  if (LANGUAGES.includes(language)) {
    await (await caches.open(SAID)).put("/passport/language", new Response(language));
  }
}

async function lastLanguage() {
  const kept = await (await caches.open(SAID)).match("/passport/language");
  return kept ? kept.text() : LANGUAGES[0];
}
