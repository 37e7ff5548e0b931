/** Handlebars templates: the second language, with the functions of the first (HANDLEBARS.md). */
export { loadHandlebarsTemplate } from "./load.ts";
