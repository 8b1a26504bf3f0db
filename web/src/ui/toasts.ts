import { signal } from "@preact/signals";
import { sentenceOf } from "../text/sentences.ts";

export interface Toast {
  readonly id: number;
  readonly kind: "error" | "note";
  readonly text: string;
}

/** Long enough to read twice. */
const SHOWN_MS = 7_000;

let lastId = 0;

export const toasts = signal<readonly Toast[]>([]);

/** Says something that needs no answer. */
export function note(text: string): void {
  show("note", text);
}

/** Says what went wrong, and what can be done about it. */
export function complain(thrown: unknown): void {
  show("error", sentenceOf(thrown));
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function show(kind: Toast["kind"], text: string): void {
  const toast = { id: ++lastId, kind, text };
  // The same words twice are said once, anew.
  toasts.value = [...toasts.value.filter((other) => other.text !== text), toast].slice(-4);
  setTimeout(dismiss, SHOWN_MS, toast.id);
}
