package dev.estafet.traffic;

import dev.estafet.traffic.Routing.Wanted;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The lists for load balancers and clients, in the form they like, once or at each change. */
@Path("/")
@Tag(name = "Traffic")
@RunOnVirtualThread
@Produces({MediaType.APPLICATION_JSON, MediaType.TEXT_PLAIN, MediaType.SERVER_SENT_EVENTS})
public final class EndpointsResource {

    private static final int KEEP_ALIVE_SECONDS = 15;

    private final Routing routing;
    private final Rendering rendering;
    private final Changes changes;

    EndpointsResource(Routing routing, Rendering rendering, Changes changes) {
        this.routing = routing;
        this.rendering = rendering;
        this.changes = changes;
    }

    @GET
    @Path("read-endpoints")
    @Operation(summary = "Who may serve reads now")
    @APIResponse(responseCode = "200", description = "Who may serve reads now.")
    public Response readEndpoints(
            @QueryParam("maxLag") @Nullable String maxLag,
            @QueryParam("min") @Nullable String min,
            @QueryParam("fallback") @Nullable String fallback,
            @QueryParam("format") @Nullable String format,
            @Context HttpHeaders headers,
            @Context Request request) {
        var wanted = Wishes.of(routing.configured(), maxLag, min, fallback);
        var list = new Listing(
                Rendering.READS, Format.asked(format, headers), wanted, () -> routing.readEndpoints(wanted));
        return answer(list, headers, request);
    }

    @GET
    @Path("write-endpoint")
    @Operation(summary = "Who takes writes now")
    @APIResponse(responseCode = "200", description = "Who takes writes now; always one.")
    public Response writeEndpoint(
            @QueryParam("format") @Nullable String format, @Context HttpHeaders headers, @Context Request request) {
        var list = new Listing(
                Rendering.WRITES, Format.asked(format, headers), routing.configured(), routing::writeEndpoint);
        return answer(list, headers, request);
    }

    /** One of the two lists, in one form. */
    private record Listing(String name, Format format, Wanted wanted, Supplier<Endpoints> look) {

        /** A list for reads may be empty; a cluster without a writable node is in trouble. */
        boolean fails(Endpoints now) {
            return format != Format.HAPROXY
                    && (now.stale()
                            || (name.equals(Rendering.WRITES) && now.endpoints().isEmpty()));
        }
    }

    private Response answer(Listing list, HttpHeaders headers, Request request) {
        if (headers.getAcceptableMediaTypes().contains(MediaType.SERVER_SENT_EVENTS_TYPE)) {
            return Response.ok((StreamingOutput) output -> follow(list, output), MediaType.SERVER_SENT_EVENTS)
                    .build();
        }
        var now = list.look().get();
        var fails = list.fails(now);
        var text =
                rendering.render(list.format(), list.name(), now, list.wanted().maxLag());
        var tag = new EntityTag(rendering.entityTag(list.format(), now, text));
        var unchanged = fails ? null : request.evaluatePreconditions(tag);
        if (unchanged != null) {
            return unchanged.build();
        }
        return Response.status(fails ? 503 : 200)
                .tag(tag)
                .type(list.format().type())
                .entity(text)
                .build();
    }

    /** Server-sent events: the list as it is now, and again whenever it has changed, until the caller goes. */
    private void follow(Listing list, OutputStream output) throws IOException {
        var signals = new ArrayBlockingQueue<Boolean>(1);
        try (var listening = changes.listen(() -> signals.offer(true))) {
            var sent = "";
            var silentSince = System.nanoTime();
            while (true) {
                var now = list.look().get();
                var text = rendering.render(
                        list.format(), list.name(), now, list.wanted().maxLag());
                var tag = rendering.entityTag(list.format(), now, text);
                if (!tag.equals(sent)) {
                    send(output, event(tag, text));
                    sent = tag;
                    silentSince = System.nanoTime();
                } else if (System.nanoTime() - silentSince > TimeUnit.SECONDS.toNanos(KEEP_ALIVE_SECONDS)) {
                    send(output, ": still there\n\n");
                    silentSince = System.nanoTime();
                }
                await(signals);
            }
        }
    }

    private static String event(String tag, String text) {
        return "event: endpoints\nid: %s\ndata: %s\n\n"
                .formatted(tag, text.stripTrailing().replace("\n", "\ndata: "));
    }

    private static void await(ArrayBlockingQueue<Boolean> signals) {
        try {
            signals.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    private static void send(OutputStream output, String text) throws IOException {
        output.write(text.getBytes(StandardCharsets.UTF_8));
        output.flush();
    }
}
