/* Check the proofs of one's own access log in this browser: signature, tree, chain, openings.

The same checks as accesslog/verify.py (RFC 6962, C2SP signed-note and tlog-proof). What was seen last is kept here, so
that a log that is taken back or begun anew shows on the next visit. */

const text = new TextEncoder();

/** Throws unless `condition`: what was shown is not proved, for the reason `why`. */
function need(condition, why) {
  if (!condition) throw new Error(why);
}

function bytes(base64) {
  const raw = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  need(btoa(String.fromCharCode(...raw)) === base64, "a part is not base64");
  return raw;
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

async function digest(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

const node = (left, right) => digest(Uint8Array.of(1), left, right);
const hex = (raw) => [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (one, other) => hex(one) === hex(other);

function halfOf(size) {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/** The root that a leaf and its inclusion path lead to (RFC 6962 2.1.1). */
async function rootOf(leaf, index, size, path) {
  need(index >= 0 && index < size && path.length > 0 === size > 1, "an inclusion path of the wrong length");
  if (size === 1) return leaf;
  const half = halfOf(size);
  const last = path[path.length - 1];
  if (index < half) return node(await rootOf(leaf, index, half, path.slice(0, -1)), last);
  return node(last, await rootOf(leaf, index - half, size - half, path.slice(0, -1)));
}

/** The two roots that a consistency path leads to (RFC 6962 2.1.2). */
async function rootsOf(old, size, path, known) {
  need(old > 0 && old <= size && (old < size || path.length === (known ? 0 : 1)), "a growth path of the wrong length");
  if (old === size) return [known ?? path[0], known ?? path[0]];
  need(path.length > 0, "a growth path of the wrong length");
  const half = halfOf(size);
  const last = path[path.length - 1];
  if (old <= half) {
    const [was, made] = await rootsOf(old, half, path.slice(0, -1), known);
    return [was, await node(made, last)];
  }
  const [was, made] = await rootsOf(old - half, size - half, path.slice(0, -1), null);
  return [await node(last, was), await node(last, made)];
}

/** The checkpoint in a signed note, if the log with that verifier key signed it. */
async function checkpointOf(note, vkey) {
  const [name, id, raw] = vkey.split("+");
  const key = bytes(vkey.slice(name.length + id.length + 2));
  need(raw && key[0] === 1 && key.length === 33, "the log's key is not one");
  need(hex((await digest(text.encode(`${name}\n`), key)).slice(0, 4)) === id, "the log's key is not one");
  const gap = note.lastIndexOf("\n\n");
  const [body, lines] = [note.slice(0, gap + 1), note.slice(gap + 2).split("\n")];
  const own = lines.find((line) => line.startsWith(`\u2014 ${name} `));
  need(gap > 0 && own, "the log did not sign the checkpoint");
  const signature = bytes(own.slice(name.length + 3));
  const signer = await crypto.subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]);
  const signed = await crypto.subtle.verify("Ed25519", signer, signature.slice(4), text.encode(body));
  need(signed && hex(signature.slice(0, 4)) === id, "the log's signature is wrong");
  const [origin, size, root] = body.split("\n");
  need(origin === name && /^(0|[1-9]\d{0,14})$/.test(size), "the checkpoint is of another log");
  return { size: Number(size), root: bytes(root) };
}

async function commitmentOf(opening) {
  const nonce = bytes(opening.nonce);
  need(nonce.length === 32, "a nonce is not 32 bytes");
  const key = await crypto.subtle.importKey("raw", nonce, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const body = joined(text.encode("offhold/leaf/v1\0"), text.encode(opening.record));
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, body));
}

/** Check a bundle against what was kept from an earlier visit. What to keep now; throws with the reason. */
export async function verifyBundle(bundle, kept = null) {
  const vkey = /^log (\S+)$/m.exec(bundle.policy)?.[1];
  need(vkey && (!kept || kept.vkey === vkey), "the log's key is not the one you saw before");
  if (bundle.proofs.length === 0) {
    need(!kept, "the lines you saw before are gone");
    return null;
  }
  const note = bundle.proofs[0].slice(bundle.proofs[0].indexOf("\n\n") + 2);
  const { size, root } = await checkpointOf(note, vkey);
  if (kept) {
    need(kept.size <= size, "the log is older than the one you saw before");
    const path = kept.size === size ? [] : bundle.growth.map(bytes);
    const [was, now] = await rootsOf(kept.size, size, path, bytes(kept.root));
    need(same(was, bytes(kept.root)) && same(now, root), "the log did not grow from the one you saw before");
  }
  let before = "";
  let number = 0;
  for (const proof of bundle.proofs) {
    number += 1;
    const [version, extra, index, ...path] = proof.slice(0, proof.indexOf("\n\n")).split("\n");
    need(version === "c2sp.org/tlog-proof@v1" && /^extra /.test(extra) && /^index \d+$/.test(index), "no access proof");
    const opening = JSON.parse(new TextDecoder().decode(bytes(extra.slice(6))));
    const commitment = await commitmentOf(opening);
    const entry = text.encode(`\0offhold/entry/v1\nc\n${btoa(String.fromCharCode(...commitment))}\n`);
    const leads = await rootOf(await digest(entry), Number(index.slice(6)), size, path.map(bytes));
    need(same(leads, root), `line ${number} is not in the signed log`);
    const record = JSON.parse(opening.record);
    need(record.seq === number && record.prev === before, `a line before line ${number} is missing`);
    before = hex(commitment);
    need(!kept || kept.lines !== number || kept.head === before, `line ${number} is not the one you saw before`);
  }
  need(!kept || kept.lines <= number, "lines you saw before are missing");
  return { vkey, size, root: btoa(String.fromCharCode(...root)), lines: number, head: before };
}

/** Fetch, check, and say so in `place`: its data attributes hold the address and the two sentences. */
async function show(place) {
  const shelf = `offhold-log:${place.dataset.customer}`;
  try {
    const kept = JSON.parse(localStorage.getItem(shelf));
    const reply = await fetch(`${place.dataset.proofs}?since=${kept?.size ?? 0}`, { cache: "no-store" });
    need(reply.ok, "the proofs could not be fetched");
    const seen = await verifyBundle(await reply.json(), kept);
    if (seen) localStorage.setItem(shelf, JSON.stringify(seen));
    place.dataset.verdict = "holds";
    place.textContent = seen ? place.dataset.holds.replace("0", seen.lines) : place.dataset.waits;
  } catch (error) {
    place.dataset.verdict = "broken";
    place.className = "problems";
    place.setAttribute("role", "alert");
    place.textContent = `${place.dataset.broken} (${error.message})`;
  }
}

const place = document.querySelector("[data-proofs]");
if (place) show(place);
