import { render } from "preact";
import "@preact/signals";
import { App } from "./app/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no place for the app");
render(<App />, root);
