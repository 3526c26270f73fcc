/**
 * Values as text.
 *
 * @module
 */

/** `12.3 ms`, or a dash if it is not known. */
export function milliseconds(ms) {
  if (ms === undefined) return "–";
  return `${ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** The time of day, with the date unless it is today. */
export function time(ms) {
  const date = new Date(ms);
  const clock = date.toLocaleTimeString(undefined, { hour12: false });
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? clock : `${date.toLocaleDateString()} ${clock}`;
}

/** How long ago it was, as in `3 min`. */
export function age(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `role=web zone=a` */
export function tagText(tags) {
  return Object.entries(tags).map(([name, value]) => `${name}=${value}`).join(" ");
}

/** A payload as text if it is UTF-8, and otherwise as it came, in base64. */
export function payloadText(base64) {
  if (base64 === null || base64 === undefined) return "";
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return `base64:${base64}`;
  }
}
