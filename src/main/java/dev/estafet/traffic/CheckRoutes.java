package dev.estafet.traffic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.Problem.Kind;
import dev.estafet.ProblemException;
import dev.estafet.node.NodeState;
import dev.estafet.node.Prober;
import dev.estafet.traffic.ChecksResource.Answer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The checks of this node, ours and Patroni's: what load balancers ask several times a second from everywhere. They stand
 * in front of the REST resources, answer on the event loop from memory, and render a body once an observation. {@code HEAD}
 * and {@code OPTIONS} are answered with the code of {@code GET}, as Patroni does.
 */
@Singleton
final class CheckRoutes {

    private static final int BEFORE_EVERYTHING_ELSE = -1;
    private static final String JSON = "application/json";

    private final Prober prober;
    private final Routing routing;
    private final PatroniChecks checks;
    private final PatroniPages pages;
    private final PatroniMetrics metrics;
    private final ObjectMapper json;
    private final Map<String, Function<Map<String, String>, Reply>> paths = new HashMap<>();
    private final Rendered patroniBody;
    private final Rendered ownBody;

    CheckRoutes(
            Prober prober,
            Routing routing,
            PatroniChecks checks,
            PatroniPages pages,
            PatroniMetrics metrics,
            ObjectMapper json) {
        this.prober = prober;
        this.routing = routing;
        this.checks = checks;
        this.pages = pages;
        this.metrics = metrics;
        this.json = json;
        this.patroniBody = new Rendered(state -> write(pages.status(state)));
        this.ownBody = new Rendered(state -> write(Answer.of(state, state.reason())));
        paths.put("/writable", query -> writable());
        paths.put("/readable", this::readable);
        paths.put("/liveness", query -> new Reply(checks.isAlive() ? 200 : 503, null, JSON));
        paths.put("/readiness", query -> new Reply(checks.isReady(query) ? 200 : 503, null, JSON));
        paths.put("/cluster", query -> new Reply(200, write(pages.cluster()), JSON));
        paths.put("/config", query -> new Reply(200, write(pages.configuration()), JSON));
        paths.put(
                "/metrics",
                query -> new Reply(200, Buffer.buffer(metrics.text()), "text/plain; version=0.0.4; charset=utf-8"));
        PatroniCheck.paths()
                .forEach(path ->
                        paths.put(path, query -> patroni(PatroniCheck.at(path).orElseThrow(), query)));
    }

    /** An answer; a body that is absent is empty. */
    private record Reply(int status, @Nullable Buffer body, String type) {}

    void listen(@Observes Router router) {
        router.route().order(BEFORE_EVERYTHING_ELSE).handler(this::answer);
        router.route("/history").order(BEFORE_EVERYTHING_ELSE).blockingHandler(this::history, false);
    }

    private void answer(RoutingContext context) {
        var request = context.request();
        var path = paths.get(request.path());
        if (path == null) {
            context.next();
            return;
        }
        if (!isReading(request)) {
            context.response().putHeader("Allow", "GET, HEAD, OPTIONS");
            send(request, problem(405, Kind.NOT_ALLOWED, "This path is only read.", "Use GET, HEAD or OPTIONS."));
            return;
        }
        send(request, reply(path, request));
    }

    private Reply reply(Function<Map<String, String>, Reply> path, HttpServerRequest request) {
        try {
            return path.apply(request.query() == null ? Map.of() : parameters(request));
        } catch (ProblemException invalid) {
            var problem = invalid.problem();
            return problem(400, problem.kind(), problem.detail(), problem.remedy());
        }
    }

    private static Map<String, String> parameters(HttpServerRequest request) {
        var parameters = new HashMap<String, String>();
        request.params().forEach(each -> parameters.put(each.getKey(), each.getValue()));
        return parameters;
    }

    private static boolean isReading(HttpServerRequest request) {
        return request.method() == HttpMethod.GET
                || request.method() == HttpMethod.HEAD
                || request.method() == HttpMethod.OPTIONS;
    }

    private static void send(HttpServerRequest request, Reply reply) {
        var response = request.response().setStatusCode(reply.status());
        if (reply.body() == null) {
            response.end();
            return;
        }
        response.putHeader("Content-Type", reply.type());
        if (request.method() == HttpMethod.HEAD || request.method() == HttpMethod.OPTIONS) {
            response.end();
        } else {
            response.end(reply.body());
        }
    }

    private void history(RoutingContext context) {
        if (isReading(context.request())) {
            send(context.request(), new Reply(200, write(pages.history()), JSON));
        } else {
            context.next();
        }
    }

    private Reply patroni(PatroniCheck check, Map<String, String> query) {
        return new Reply(checks.passes(check, query) ? 200 : 503, patroniBody.of(prober.current()), JSON);
    }

    private Reply writable() {
        var state = prober.current();
        return new Reply(state.isWritable() ? 200 : 503, ownBody.of(state), JSON);
    }

    private Reply readable(Map<String, String> query) {
        var state = prober.current();
        var limit = query.get("maxLag");
        var why = routing.whyNotReadable(state, limit == null ? OptionalLong.empty() : Wishes.limit(limit));
        return why.map(reason -> new Reply(503, write(Answer.of(state, reason)), JSON))
                .orElseGet(() -> new Reply(200, ownBody.of(state), JSON));
    }

    private Reply problem(int status, Kind kind, String detail, String remedy) {
        var document = new LinkedHashMap<String, Object>();
        document.put("type", kind.type());
        document.put("title", kind.title());
        document.put("status", status);
        document.put("detail", detail);
        document.put("remedy", remedy);
        return new Reply(status, write(document), "application/problem+json");
    }

    private Buffer write(Object body) {
        try {
            return Buffer.buffer(json.writeValueAsBytes(body));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A body that is rendered once an observation; the same one is not looked at again. */
    private static final class Rendered {

        private final Function<NodeState, Buffer> render;
        private volatile @Nullable Pair last;

        Rendered(Function<NodeState, Buffer> render) {
            this.render = render;
        }

        private record Pair(NodeState state, Buffer body) {}

        @SuppressWarnings("ReferenceEquality") // it is the very same observation that is meant
        Buffer of(NodeState state) {
            var present = last;
            if (present != null && present.state() == state) {
                return present.body();
            }
            var body = render.apply(state);
            last = new Pair(state, body);
            return body;
        }
    }
}
