import { signal } from "@preact/signals";

/** What stands beside the log. Those with a room are about that room only. */
export type Panel =
  | { readonly kind: "members" }
  | { readonly kind: "search" }
  | { readonly kind: "thread"; readonly roomId: string; readonly rootId: string }
  | { readonly kind: "pins"; readonly roomId: string }
  | { readonly kind: "moderation"; readonly roomId: string };

export type PanelState = ReturnType<typeof createPanel>;

/** Where there is room beside the log, the members stand there from the start. */
const isWide = () => matchMedia("(min-width: 68rem)").matches;

/** The one panel that is open. What is about one room is not shown with another. */
export function createPanel() {
  const open = signal<Panel | undefined>(isWide() ? { kind: "members" } : undefined);
  return {
    /** What to show beside a room; undefined for nothing. */
    in(roomId: string | undefined): Panel | undefined {
      const panel = open.value;
      return panel !== undefined && "roomId" in panel && panel.roomId !== roomId ? undefined : panel;
    },
    show(panel: Panel): void {
      open.value = panel;
    },
    /** Opens it, or closes it if it is what is open. */
    toggle(panel: Panel): void {
      open.value = open.peek()?.kind === panel.kind ? undefined : panel;
    },
    close(): void {
      open.value = undefined;
    },
    isOpen: (kind: Panel["kind"]): boolean => open.value?.kind === kind,
  };
}
