/** One emoji as Unicode recommends it for general interchange (UTS 51), sequences and flags included. */
const emojiPattern = /^\p{RGI_Emoji}$/v;
const asPicture = "\ufe0f";

/**
 * The one form of an emoji, so that `❤` and `❤️` are the same; undefined for what is not exactly one emoji.
 */
export function emojiOf(text: string): string | undefined {
  if (emojiPattern.test(text)) return text;
  const picture = text + asPicture;
  return emojiPattern.test(picture) ? picture : undefined;
}
