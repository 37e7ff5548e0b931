# Images of the four programs. `npm run image` builds dist/ and then these; nothing is installed inside, so the tested bundles are
# the shipped ones (decision 5). The base images are ordinary public tags and can be replaced with --build-arg.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG HAPROXY_IMAGE=haproxy:2.6-bookworm

FROM ${NODE_IMAGE} AS node

FROM node AS programs
COPY dist/disco.js dist/disco.*.js dist/disco-registrator*.js dist/disco-template*.js dist/disco-env.js /opt/disco/
RUN ln -s /opt/disco/disco.js /usr/local/bin/disco \
	&& ln -s /opt/disco/disco-registrator.js /usr/local/bin/disco-registrator \
	&& ln -s /opt/disco/disco-template.js /usr/local/bin/disco-template \
	&& ln -s /opt/disco/disco-env.js /usr/local/bin/disco-env \
	&& mkdir -p /data && chown 1000:1000 /data
ENV NODE_ENV=production

FROM programs AS disco
USER node
VOLUME /data
EXPOSE 8500 8600 8600/udp
ENTRYPOINT ["disco"]
CMD ["agent", "-server", "-bootstrap", "-data-dir=/data", "-bind=0.0.0.0", "-client=0.0.0.0"]

# Takes the arguments of gliderlabs/registrator, so its published `docker run` lines work with the image name replaced.
# It runs as root because Docker's socket belongs to root.
FROM programs AS registrator
ENTRYPOINT ["disco-registrator"]
CMD []

# HAProxy kept by disco-template, both in one container: the renderer is the parent of the balancer.
FROM ${HAPROXY_IMAGE} AS haproxy
USER root
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY dist/disco-template*.js dist/disco.js dist/disco.*.js /opt/disco/
COPY examples/demo/haproxy/haproxy.ctmpl examples/demo/haproxy/template.hcl examples/demo/haproxy/reload.mjs /etc/disco/
RUN mkdir -p /run/disco && chown haproxy:haproxy /run/disco
USER haproxy
STOPSIGNAL SIGTERM
ENV NODE_ENV=production
EXPOSE 8080
ENTRYPOINT ["node", "/opt/disco/disco-template.js"]
CMD ["-config", "/etc/disco/template.hcl"]

# The sample service of the demo.
FROM node AS demo-api
COPY examples/demo/api/server.mjs /opt/demo/server.mjs
USER node
EXPOSE 5000
CMD ["node", "/opt/demo/server.mjs"]

FROM node AS demo
COPY examples/demo/walkthrough.mjs /opt/demo/walkthrough.mjs
USER node
CMD ["node", "/opt/demo/walkthrough.mjs"]
