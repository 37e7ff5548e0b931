/** The web page that the agent serves at `/ui/`. */
export { statusPage } from "./status-page.ts";
