/* What this browser keeps: named values in one IndexedDB store.
 *
 * Invariant: a change is one transaction. It is durable before its promise is fulfilled, and
 * of two tabs that change at once, one comes after the other.
 *
 * Specified in `specs/pages.md`.
 */

const DATABASE = "escale-passport";
const STORE = "wallet";

/** Opens what is kept. Rejects where this browser keeps nothing. */
export function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The value with this name; `undefined` where there is none. */
export function read(database, name) {
  return new Promise((resolve, reject) => {
    const request = database.transaction(STORE).objectStore(STORE).get(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Reads the value `name` and writes what `change` makes of it: `[name, value]` pairs, of
 * which `undefined` removes. Fulfilled with the value that was read. */
export function change(database, name, changes) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(STORE);
    const request = store.get(name);
    request.onsuccess = () => {
      try {
        for (const [key, value] of changes(request.result)) {
          value === undefined ? store.delete(key) : store.put(value, key);
        }
      } catch (error) {
        transaction.abort();
        reject(error);
      }
    };
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}
