/* Keys of this browser: P-256 pairs whose private half WebCrypto never exports, kept in IndexedDB. */

const TRIED = 8;

function wait(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store(mode) {
  const opening = indexedDB.open("offhold", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys", { keyPath: "kid" });
  return (await wait(opening)).transaction("keys", mode).objectStore("keys");
}

function base64url(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const encoded = (text) => new TextEncoder().encode(text);

/** Make a key, keep it here, and give its public half (JWK) away. */
export async function makeKey() {
  const usage = { name: "ECDSA", namedCurve: "P-256" };
  const pair = await crypto.subtle.generateKey(usage, false, ["sign", "verify"]);
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const named = encoded(JSON.stringify({ crv, kty, x, y })); // the members and the order of RFC 7638
  const kid = base64url(await crypto.subtle.digest("SHA-256", named));
  await wait((await store("readwrite")).put({ kid, made: Date.now(), key: pair.privateKey }));
  return JSON.stringify({ kty, crv, x, y });
}

/** The challenge signed with each key of this browser, newest first; empty where there is none. */
export async function signWithKeys(challenge) {
  const held = await wait((await store("readonly")).getAll());
  held.sort((one, other) => other.made - one.made);
  return Promise.all(held.slice(0, TRIED).map(({ kid, key }) => jws(kid, key, `${location.origin} ${challenge}`)));
}

async function jws(kid, key, payload) {
  const signed = `${base64url(encoded(JSON.stringify({ alg: "ES256", kid })))}.${base64url(encoded(payload))}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, encoded(signed));
  return `${signed}.${base64url(signature)}`;
}

/** Whether this browser makes and uses passkeys through JSON (WebAuthn Level 3). */
export const passkeys = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON);
