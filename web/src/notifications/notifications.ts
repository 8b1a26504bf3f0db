import { timestampMs } from "@bufbuild/protobuf/wkt";
import { computed, signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { navigate, paths } from "../app/router.ts";
import type { Conversations } from "../direct/conversations.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { plainText } from "../text/markup.ts";

const KEY = "veza.notifications";
/** What happened before that is read when one comes back, not called out. */
const FRESH_MS = 60_000;
const LONGEST = 140;

export type Notifications = ReturnType<typeof createNotifications>;

/** Calls the person who looks elsewhere: for what is said to them alone, and where they are mentioned. */
export function createNotifications(needs: { me: string; rooms: Rooms; conversations: Conversations }) {
  const { me, rooms, conversations } = needs;
  const permission = signal(typeof Notification === "undefined" ? undefined : Notification.permission);
  const choice = signal(readChoice());
  /** Something came that the person would have been called for. */
  const missedOne = signal(false);

  function choose(next: "on" | "off"): void {
    choice.value = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // No storage: the choice lasts as long as the page.
    }
  }

  function call(message: Message, isDirect: boolean): void {
    const room = rooms.get(message.roomId)?.name ?? "";
    const from = message.senderUsername;
    const note = new Notification(isDirect ? from : `${from} in ${room}`, {
      body: plainText(message.content).slice(0, LONGEST) || "Sent a file",
      // Several of one place become one.
      tag: message.roomId,
      icon: "/favicon.svg",
    });
    note.onclick = () => {
      window.focus();
      navigate(isDirect ? paths.direct(message.senderId) : paths.room(message.roomId, message.id));
      note.close();
    };
  }

  return {
    /** Undefined where the browser cannot. */
    permission,
    isOn: computed(() => choice.value === "on" && permission.value === "granted"),
    /** Whether to offer it: once there was something to be told, and until the person has chosen. */
    isOffered: computed(() => missedOne.value && choice.value === undefined && permission.value === "default"),

    async turnOn(): Promise<boolean> {
      if (typeof Notification === "undefined") return false;
      permission.value = await Notification.requestPermission();
      if (permission.value === "granted") choose("on");
      return permission.value === "granted";
    },

    turnOff: (): void => choose("off"),

    apply({ payload, roomId }: ChatEvent): void {
      if (payload.case !== "messageSent" || document.visibilityState === "visible") return;
      const { message } = payload.value;
      if (message?.createdAt === undefined || message.senderId === me) return;
      const isDirect = conversations.has(roomId);
      const isMeant = isDirect || message.mentions.some(({ userId }) => userId === me);
      if (!isMeant || Date.now() - timestampMs(message.createdAt) > FRESH_MS) return;
      missedOne.value = true;
      if (choice.peek() === "on" && permission.peek() === "granted") call(message, isDirect);
    },
  };
}

function readChoice(): "on" | "off" | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "on" || kept === "off" ? kept : undefined;
  } catch {
    return undefined;
  }
}
