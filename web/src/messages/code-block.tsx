import { IconButton } from "../ui/button.tsx";
import { copyText } from "../ui/copy-text.ts";

/** Code as it was written. What is wider than its place is scrolled by itself. */
export function CodeBlock({ text, language }: { readonly text: string; readonly language: string }) {
  return (
    <figure class="code-block" aria-label={language === "" ? "Code" : `Code in ${language}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <pre tabIndex={0} dir="ltr">
        <code>{text}</code>
      </pre>
      <IconButton icon="copy" label="Copy code" onClick={() => void copyText(text, "The code is copied.")} />
    </figure>
  );
}
