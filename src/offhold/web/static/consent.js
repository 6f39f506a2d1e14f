/* On the consent page: make the key that will open answers in this browser, and a passkey for who wants one. */

import { makeKey, passkeys } from "./keys.js";

const form = document.getElementById("consent");
const state = document.getElementById("passkey-state");
const button = document.getElementById("add-passkey");

document.getElementById("problems")?.focus();
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
});
if (window.crypto?.subtle && window.indexedDB) {
  document.getElementById("keys").hidden = false;
  button.hidden = !passkeys;
  form.addEventListener("submit", withKey);
  button.addEventListener("click", addPasskey);
}

async function withKey(event) {
  if (event.submitter?.value !== "accept" || form.dataset.ready) return;
  event.preventDefault();
  form.dataset.ready = "yes";
  try {
    document.getElementById("device-key").value = await makeKey();
  } catch {
    // A browser that keeps no keys opens answers with the bank's sign-in.
  }
  form.requestSubmit(event.submitter);
}

async function addPasskey() {
  state.textContent = "Your device asks you now.";
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(button.dataset.options));
    const made = await navigator.credentials.create({ publicKey });
    document.getElementById("passkey").value = JSON.stringify(made.toJSON());
    button.hidden = true;
    state.textContent = "Your passkey is ready. It is kept when you connect.";
  } catch {
    state.textContent = "No passkey was made. You can try again, or go on without one.";
  }
}
