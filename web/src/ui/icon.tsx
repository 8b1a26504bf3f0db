/** Drawn on a grid of 24, in lines of the text's colour. */
const SHAPES = {
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  down: "M12 5v14M6 13l6 6 6-6",
  send: "M4 12l16-8-5 16-4-7-7-1z",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.3M18 14.2a6.5 6.5 0 0 1 3.5 5.8",
  pencil: "M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  hash: "M9 4L7 20M17 4l-2 16M4 9h17M3 15h17",
  invite: "M10 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3.5 20a6.5 6.5 0 0 1 13 0M19 8v6M16 11h6",
  settings: "M4 7h10M18 7h2M16 5v4M4 17h2M10 17h10M8 15v4",
  leave: "M14 4H6v16h8M10 12h11M17 8l4 4-4 4",
  chat: "M4 5h16v11H9l-5 4z",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.5l3 2",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  play: "M8 5l11 7-11 7z",
  stop: "M6.5 6.5h11v11h-11z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  record: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12z",
  microphone: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  muted:
    "M15 9.5V6a3 3 0 0 0-5.7-1.3M9 9v3a3 3 0 0 0 4.5 2.6M6 11.5a6 6 0 0 0 9.5 4.9M18 11.5a6 6 0 0 1-.4 2.1M12 17.5V21M4 3.5l16 17",
  radio:
    "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8.5 15.5a5 5 0 0 1 0-7M15.5 15.5a5 5 0 0 0 0-7M5.6 18.4a9 9 0 0 1 0-12.8M18.4 18.4a9 9 0 0 0 0-12.8",
  headphones: "M4 15v-3a8 8 0 0 1 16 0v3M4 14h3.5v6H6a2 2 0 0 1-2-2zM20 14h-3.5v6H18a2 2 0 0 0 2-2z",
  volume: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  key: "M8 15a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 11h9M18 11v4M15 11v3",
  smile: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM8.5 14a4 4 0 0 0 7 0M9 9.5v.5M15 9.5v.5",
  reply: "M9.5 6L4 11.5 9.5 17M4.5 11.5H14a6 6 0 0 1 6 6v1",
  more: "M5 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M11.5 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0M18 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0",
  pin: "M9 4h6l-.7 6.5L18 14H6l3.7-3.5zM12 14v6.5",
  search: "M11 17.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM16 16l4.5 4.5",
  clip: "M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-8 8a1.5 1.5 0 0 1-2.1-2.1l7.2-7.2",
  flag: "M5.5 20.5V4.5s2-1 4.5-.5 4 2 6.5 1.5l2.5-.6v9s-2 1-4.5.6-4-2-6.5-1.6l-2.5.6",
  shield: "M12 3.5l7 2.5v5.5c0 4.5-3 7.6-7 9-4-1.4-7-4.5-7-9V6z",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  block: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM6 6l12 12",
  file: "M6 3.5h8l4.5 4.5v12.5H6zM13.5 4v4.5H18",
  chart: "M4 20h16M7 16v-4M12 16V6M17 16v-7",
  copy: "M9 9h11v11H9zM6 15H4V4h11v2",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9v.01",
  check: "M5 12.5l4.5 4.5L19 7.5",
  archive: "M4 5h16v4H4zM5.5 9v10.5h13V9M10 13h4",
  music: "M9 18.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM9 18.5V6l11-2.5V16M20 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
} as const;

export type IconName = keyof typeof SHAPES;

/** Decoration: whatever it stands for is said in words next to it, or in the button's label. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
