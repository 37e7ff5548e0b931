// Published Java clients of Consul in front of disco: each line that is printed is something seen. Clients HOST
import com.ecwid.consul.v1.ConsulClient;
import com.ecwid.consul.v1.QueryParams;
import com.ecwid.consul.v1.agent.model.NewService;
import com.ecwid.consul.v1.health.HealthServicesRequest;
import com.ecwid.consul.v1.kv.model.PutParams;
import com.ecwid.consul.v1.session.model.NewSession;
import com.google.common.net.HostAndPort;
import com.orbitz.consul.Consul;
import com.orbitz.consul.cache.KVCache;
import com.orbitz.consul.cache.ServiceHealthCache;
import com.orbitz.consul.model.agent.ImmutableRegistration;
import com.orbitz.consul.model.agent.Registration;
import com.spotify.dns.DnsSrvResolvers;
import com.spotify.dns.LookupResult;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

public class Clients {
	public static void main(String[] arguments) throws Exception {
		String host = arguments[0];
		ecwid(host);
		orbitz(host);
		if (arguments.length > 1) dnsJava(host);
		System.exit(0);
	}

	static void say(String text) {
		System.out.println(text);
	}

	static void ecwid(String host) throws Exception {
		ConsulClient client = new ConsulClient(host, 8500);
		client.setKVValue("global/config/hazelcast/client/connection_timeout", "50000");
		say("consul-api key " + client.getKVValue("global/config/hazelcast/client/connection_timeout").getValue().getDecodedValue());
		say("consul-api keys " + client.getKVKeysOnly("global/").getValue());
		say("consul-api absent " + client.getKVValue("none").getValue());
		NewService service = new NewService();
		service.setId("ecwid-1");
		service.setName("ecwid");
		service.setTags(List.of("java"));
		service.setAddress(host);
		service.setPort(8080);
		NewService.Check check = new NewService.Check();
		check.setTtl("30s");
		service.setCheck(check);
		client.agentServiceRegister(service);
		client.agentCheckPass("service:ecwid-1");
		HealthServicesRequest passing = HealthServicesRequest.newBuilder().setPassing(true).setQueryParams(QueryParams.DEFAULT).build();
		var healthy = client.getHealthServices("ecwid", passing);
		say("consul-api healthy " + healthy.getValue().get(0).getService().getId() + " " + healthy.getValue().get(0).getService().getPort());
		NewSession session = new NewSession();
		session.setName("java");
		String id = client.sessionCreate(session, QueryParams.DEFAULT).getValue();
		PutParams acquire = new PutParams();
		acquire.setAcquireSession(id);
		say("consul-api lock " + client.setKVValue("lock", "java", acquire).getValue());
		long index = client.getKVValue("blocked").getConsulIndex();
		Thread writer = new Thread(() -> new ConsulClient(host, 8500).setKVValue("blocked", "seen"));
		writer.start();
		say("consul-api blocking " + client.getKVValue("blocked", new QueryParams(20, index)).getValue().getDecodedValue());
		say("consul-api datacenters " + client.getCatalogDatacenters().getValue() + " leader " + client.getStatusLeader().getValue());
		client.agentServiceDeregister("ecwid-1");
	}

	static void orbitz(String host) throws Exception {
		Consul client = Consul.builder().withHostAndPort(HostAndPort.fromParts(host, 8500)).withReadTimeoutMillis(30_000).build();
		Registration service = ImmutableRegistration.builder().id("orbitz-1").name("orbitz").address(host).port(8081)
				.check(Registration.RegCheck.ttl(30L)).addTags("java").build();
		client.agentClient().register(service);
		client.agentClient().pass("orbitz-1");
		say("consul-client healthy " + client.healthClient().getHealthyServiceInstances("orbitz").getResponse().get(0).getService().getId());
		client.keyValueClient().putValue("orbitz/key", "one");
		say("consul-client key " + client.keyValueClient().getValueAsString("orbitz/key").get());
		KVCache keys = KVCache.newCache(client.keyValueClient(), "orbitz", 5);
		CountDownLatch two = new CountDownLatch(1);
		keys.addListener(values -> values.values().forEach(value -> {
			if (value.getValueAsString().orElse("").equals("two")) two.countDown();
		}));
		keys.start();
		keys.awaitInitialized(20, TimeUnit.SECONDS);
		client.keyValueClient().putValue("orbitz/key", "two");
		say("consul-client cache of keys " + two.await(20, TimeUnit.SECONDS));
		ServiceHealthCache instances = ServiceHealthCache.newCache(client.healthClient(), "orbitz");
		CountDownLatch gone = new CountDownLatch(1);
		instances.start();
		instances.awaitInitialized(20, TimeUnit.SECONDS);
		instances.addListener(all -> {
			if (all.isEmpty()) gone.countDown();
		});
		client.agentClient().deregister("orbitz-1");
		say("consul-client cache of instances " + gone.await(20, TimeUnit.SECONDS));
		keys.stop();
		instances.stop();
		client.destroy();
	}

	static void dnsJava(String host) throws Exception {
		var resolver = DnsSrvResolvers.newBuilder().servers(List.of(host)).dnsLookupTimeoutMillis(5000).build();
		for (LookupResult found : resolver.resolve("web.service.consul")) say("dns-java " + found.port() + " " + found.weight());
	}
}
