/** What the pages of a results site do in a browser. Without it they say all but the receipt check. */

import { countPlayers } from "./page/count.ts";
import { receiptPage } from "./page/receipt.ts";

countPlayers();
receiptPage();

// Paper shows the tables too.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
