import { script } from "./script.ts";
import { style } from "./style.ts";

/** The status page, whole: no other file, no other host. */
export const statusPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>disco</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%234338ca'/%3E%3Ccircle cx='8' cy='8' r='2.5' fill='white'/%3E%3C/svg%3E">
<style>${style}</style>
</head>
<body>
<header>
<h1><span aria-hidden="true">&#9673;</span> disco</h1>
<p id="agent"></p>
<p id="live" role="status" aria-live="polite"></p>
</header>
<main>
<noscript><section><p>This page needs JavaScript. The same is told by <code>disco catalog services</code> and <code>/v1/health/state/any</code>.</p></section></noscript>
<section aria-labelledby="services-title">
<h2 id="services-title">Services <small id="service-count"></small></h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Name</th><th scope="col">Instances</th><th scope="col">Status</th><th scope="col">Tags</th></tr></thead>
<tbody id="services"></tbody>
</table></div>
</section>
<section aria-labelledby="nodes-title">
<h2 id="nodes-title">Nodes <small id="node-count"></small></h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Name</th><th scope="col">Address</th><th scope="col">Status</th></tr></thead>
<tbody id="nodes"></tbody>
</table></div>
</section>
<section id="dev" aria-labelledby="dev-title" hidden>
<h2 id="dev-title">HAProxy <small id="proxy-file"></small></h2>
<div id="proxy"></div>
<pre id="proxy-config" tabindex="0" aria-label="Rendered HAProxy configuration"></pre>
<h2>What happened</h2>
<ol id="events" class="events" tabindex="0" aria-label="Events, newest first"></ol>
</section>
</main>
<footer><p>Updated as things change. API: <a href="/v1/agent/self">/v1/agent/self</a>, <a href="/v1/catalog/services">/v1/catalog/services</a></p></footer>
<script>${script}</script>
</body>
</html>
`;
