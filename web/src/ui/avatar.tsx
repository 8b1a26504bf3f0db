/** As many tints as the style sheet knows. */
const TINTS = 8;

interface AvatarProps {
  readonly userId: string;
  readonly username: string;
  /** A dot, for how the person shows themselves. */
  readonly status?: string;
  readonly size?: "small" | "medium";
}

/** A person's initial on a tint of their own. The name stands next to it. */
export function Avatar({ userId, username, status = "offline", size = "medium" }: AvatarProps) {
  const initial = [...username][0]?.toUpperCase() ?? "?";
  return (
    <span class={`avatar avatar-${size} avatar-${status} tint-${tintOf(userId)}`} aria-hidden="true">
      {initial}
    </span>
  );
}

export function tintOf(userId: string): number {
  let mixed = 7;
  for (const digit of userId) mixed = (mixed * 31 + digit.charCodeAt(0)) % 9973;
  return mixed % TINTS;
}
