/**
 * The page's script, as it runs in the browser: two blocking queries tell when something changed, then what is shown is read
 * again. Everything from the API enters the page as text (`textContent`), never as markup.
 */
export const script = String.raw`"use strict";
const waitSeconds = 55;
const servicesShownMax = 500;
const requestsAtOnceMax = 3;
const retryMs = 2000;
const settleMs = 100;
const rank = { passing: 0, warning: 1, critical: 2 };
const opened = new Set();
const byId = (id) => document.getElementById(id);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function element(name, options = {}, ...children) {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(options)) {
		if (key === "class") made.className = value;
		else if (key === "text") made.textContent = value;
		else made.setAttribute(key, value);
	}
	made.append(...children);
	return made;
}

async function ask(path) {
	const answer = await fetch(path, { headers: { Accept: "application/json" } });
	if (!answer.ok) throw new Error(path.split("?")[0] + ": " + answer.status + " " + (await answer.text()).slice(0, 200));
	return { value: await answer.json(), index: Number(answer.headers.get("X-Consul-Index") || 0) };
}

function worst(statuses) {
	return statuses.reduce((bad, each) => ((rank[each] ?? 2) > (rank[bad] ?? 2) ? each : bad), "passing");
}

function badge(status, text) {
	const known = status in rank ? status : "critical";
	return element("span", { class: "badge " + known, text: text ?? status });
}

function statusBadges(statuses) {
	const counted = { passing: 0, warning: 0, critical: 0 };
	for (const each of statuses) counted[each in counted ? each : "critical"] += 1;
	const shown = Object.entries(counted).filter(([, count]) => count > 0);
	return shown.map(([status, count]) => badge(status, count + " " + status));
}

/** A row's name, which opens to show what is behind it; stays as it was when the page is drawn again. */
function disclosure(key, label, lines) {
	const list = element("ul", {}, ...lines);
	const details = element("details", {}, element("summary", { text: label, "data-key": key }), list);
	details.open = opened.has(key);
	details.addEventListener("toggle", () => (details.open ? opened.add(key) : opened.delete(key)));
	return details;
}

function checkLine(check) {
	const line = element("li", {}, badge(check.Status), check.Name || check.CheckID);
	if (check.Output) line.append(element("div", { class: "quiet", text: check.Output.slice(0, 400) }));
	return line;
}

function instanceLine(entry) {
	const { Node: node, Service: service, Checks: checks } = entry;
	const address = (service.Address || node.Address) + (service.Port ? ":" + service.Port : "");
	const status = worst(checks.map((check) => check.Status));
	const line = element("li", {}, badge(status), element("strong", { text: service.ID }), " ", element("code", { text: address }));
	line.append(element("span", { class: "quiet", text: " on " + node.Node }));
	const bad = checks.filter((check) => check.Status !== "passing");
	if (bad.length > 0) line.append(element("ul", {}, ...bad.map(checkLine)));
	return line;
}

function serviceRow({ name, tags, entries }) {
	const statuses = entries.map((entry) => worst(entry.Checks.map((check) => check.Status)));
	const shownTags = [...tags].sort().map((tag) => element("span", { class: "tag", text: tag }));
	return element(
		"tr",
		{},
		element("th", { scope: "row" }, disclosure("service " + name, name, entries.map(instanceLine))),
		element("td", { class: "number", text: entries.length + (entries.length === 1 ? " instance" : " instances") }),
		element("td", {}, ...statusBadges(statuses)),
		element("td", {}, ...shownTags),
	);
}

function nodeRow(node, checks) {
	const own = checks.filter((check) => check.Node === node.Node && check.ServiceID === "");
	const name = own.length > 0 ? disclosure("node " + node.Node, node.Node, own.map(checkLine)) : document.createTextNode(node.Node);
	return element(
		"tr",
		{},
		element("th", { scope: "row" }, name),
		element("td", {}, element("code", { text: node.Address })),
		element("td", {}, own.length === 0 ? element("span", { class: "quiet", text: "no checks" }) : badge(worst(own.map((check) => check.Status)))),
	);
}

/** Puts rows in place and keeps the keyboard where it was. */
function fill(bodyId, rows, emptyText, columns) {
	const key = document.activeElement?.getAttribute("data-key");
	const none = element("tr", {}, element("td", { class: "quiet", colspan: String(columns), text: emptyText }));
	byId(bodyId).replaceChildren(...(rows.length > 0 ? rows : [none]));
	if (key) for (const summary of document.querySelectorAll("summary")) if (summary.getAttribute("data-key") === key) summary.focus();
}

async function readServices() {
	const { value } = await ask("/v1/catalog/services");
	const names = Object.keys(value).sort();
	const shown = names.slice(0, servicesShownMax);
	const found = new Map();
	const waiting = [...shown];
	const worker = async () => {
		for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
			found.set(name, (await ask("/v1/health/service/" + encodeURIComponent(name))).value);
		}
	};
	await Promise.all(Array.from({ length: requestsAtOnceMax }, worker));
	return { total: names.length, services: shown.map((name) => ({ name, tags: value[name], entries: found.get(name) ?? [] })) };
}

async function draw() {
	const [{ total, services }, nodes, checks] = await Promise.all([
		readServices(),
		ask("/v1/catalog/nodes"),
		ask("/v1/health/state/any"),
	]);
	const present = services.filter(({ entries }) => entries.length > 0);
	fill("services", present.map(serviceRow), "No service is registered yet.", 4);
	fill("nodes", nodes.value.map((node) => nodeRow(node, checks.value)), "No node is known yet.", 3);
	const hidden = total - services.length;
	byId("service-count").textContent = "(" + total + (hidden > 0 ? ", the first " + services.length + " are shown" : "") + ")";
	byId("node-count").textContent = "(" + nodes.value.length + ")";
}

function tellLive(works, text) {
	const live = byId("live");
	const shown = (works ? "passing " : "critical ") + text;
	if (live.getAttribute("data-shown") === shown) return;
	live.setAttribute("data-shown", shown);
	live.replaceChildren(badge(works ? "passing" : "critical", text));
}

let drawing;
let again = false;
function drawSoon() {
	if (drawing !== undefined) {
		again = true;
		return;
	}
	drawing = pause(settleMs)
		.then(draw)
		.then(
			() => tellLive(true, "live"),
			(error) => tellLive(false, error.message),
		)
		.then(() => {
			drawing = undefined;
			if (again) {
				again = false;
				drawSoon();
			}
		});
}

/** A blocking query in a loop. An index that went back (a restored snapshot) starts again. */
async function follow(path) {
	let index = 0;
	for (;;) {
		try {
			const answer = await ask(path + "?index=" + index + "&wait=" + waitSeconds + "s");
			if (answer.index !== index) drawSoon();
			index = answer.index < index ? 0 : answer.index;
		} catch (error) {
			tellLive(false, "no connection to the agent");
			index = 0;
			await pause(retryMs);
		}
	}
}

function drawDev({ Proxy: proxy, Events: events }) {
	byId("dev").hidden = false;
	if (proxy) {
		const state = proxy.Running ? badge("passing", "running") : badge(proxy.Installed ? "critical" : "warning", proxy.Installed ? "not running" : "not installed");
		const line = [state];
		if (proxy.Running && proxy.Address) {
			const url = proxy.Address.startsWith("http") ? proxy.Address : "http://" + proxy.Address + "/";
			if (/^http:\/\/[\w.:[\]-]+\/?$/.test(url)) line.push(element("a", { href: url, rel: "noreferrer", text: url }));
		}
		if (proxy.Version) line.push(element("span", { class: "quiet", text: " " + proxy.Version }));
		if (proxy.Problem) line.push(element("div", { text: proxy.Problem }));
		byId("proxy").replaceChildren(...line);
		byId("proxy-file").textContent = proxy.File || "";
		if (byId("proxy-config").textContent !== proxy.Config) byId("proxy-config").textContent = proxy.Config || "not rendered yet";
	}
	const lines = (events || []).slice(-50).reverse().map((event) => {
		const time = element("time", { datetime: event.Time, text: new Date(event.Time).toLocaleTimeString() });
		return element("li", {}, time, event.Text);
	});
	byId("events").replaceChildren(...lines);
}

/** What only disco dev has; elsewhere the address is unknown and the section stays hidden. */
async function followDev() {
	for (;;) {
		try {
			const answer = await fetch("/v1/disco/dev");
			if (answer.status === 404) return;
			if (answer.ok) drawDev(await answer.json());
		} catch {
			// The agent is away; follow() says so.
		}
		await pause(1000);
	}
}

async function tellAgent() {
	const { value } = await ask("/v1/agent/self");
	byId("agent").textContent = value.Config.NodeName + " in " + value.Config.Datacenter;
	document.title = "disco: " + value.Config.NodeName;
}

tellAgent().catch(() => {});
follow("/v1/catalog/services");
follow("/v1/health/state/any");
followDev();
`;
