package dev.estafet.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.JsonStyle;
import dev.estafet.Problem;
import dev.estafet.ProblemException;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.Enlistments;
import dev.estafet.operation.Operation;
import dev.estafet.operation.Operations;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What was done, by whom, why, and how far what is being done has come. */
@Path("/operations")
@Tag(name = "Operations")
@RunOnVirtualThread
public final class OperationsResource {

    private static final Logger LOG = Logger.getLogger(OperationsResource.class);
    private static final TypeReference<List<Operation>> LIST = new TypeReference<>() {};
    private static final int KEEP_ALIVE_SECONDS = 15;

    private final Cluster cluster;
    private final Operations operations;
    private final Enlistments enlistments;
    private final Relay relay;
    private final ObjectMapper json;

    OperationsResource(
            Cluster cluster, Operations operations, Enlistments enlistments, Relay relay, ObjectMapper json) {
        this.cluster = cluster;
        this.operations = operations;
        this.enlistments = enlistments;
        this.relay = relay;
        this.json = JsonStyle.lenient(json);
    }

    @GET
    @org.eclipse.microprofile.openapi.annotations.Operation(summary = "List operations, the newest first")
    @APIResponse(responseCode = "200", description = "The operations.")
    public List<Operation> list(@QueryParam("local") @DefaultValue("false") boolean local) {
        var all = new ArrayList<>(operations.list());
        if (!local) {
            cluster.onEach(cluster.peers(), this::listOf).values().forEach(all::addAll);
            all.sort(Comparator.comparing(Operation::startedAt).reversed());
        }
        return all;
    }

    /** Those of a peer; of one that does not answer, none. */
    private List<Operation> listOf(String peer) {
        try {
            return json.readValue(relay.get(peer, "/operations?local=true"), LIST);
        } catch (ProblemException | JsonProcessingException failure) {
            LOG.debugf(failure, "%s does not list its operations", peer);
            return List.of();
        }
    }

    @GET
    @Path("{id}")
    @Produces({MediaType.APPLICATION_JSON, MediaType.SERVER_SENT_EVENTS})
    @org.eclipse.microprofile.openapi.annotations.Operation(summary = "Show an operation, or follow it live")
    @APIResponse(responseCode = "200", description = "The operation.")
    public Response show(@PathParam("id") String id, @Context HttpHeaders headers) {
        if (isElsewhere(id)) {
            return showElsewhere(id, headers);
        }
        var operation = operations.find(id).orElseThrow(() -> Operations.unknown(id));
        return headers.getAcceptableMediaTypes().contains(MediaType.SERVER_SENT_EVENTS_TYPE)
                ? Response.ok((StreamingOutput) output -> follow(operation, output), MediaType.SERVER_SENT_EVENTS)
                        .build()
                : Response.ok(operation, MediaType.APPLICATION_JSON).build();
    }

    /** What a node waits for whose driver is silent, it can tell itself. */
    private Response showElsewhere(String id, HttpHeaders headers) {
        var driver = Operations.driverOf(id);
        try {
            return relay.send(driver, "GET", "/operations/" + id, null, headers, "");
        } catch (ProblemException failure) {
            if (!enlistments.isIn(id)) {
                throw failure;
            }
            var problem = failure.problem();
            throw new Problem(
                            problem.kind(),
                            "%s %s takes part in this operation and asks %s again each second what became of it%s."
                                    .formatted(
                                            problem.detail(),
                                            cluster.self(),
                                            driver,
                                            enlistments.isDemotedIn(id)
                                                    ? "; until then its server stays no primary"
                                                    : ""),
                            "Bring the service of %s back. If it is gone for good, find out whether it was promoted, and say so with POST /nodes/%s/settlement."
                                    .formatted(driver, cluster.self()))
                    .raisedBy(failure);
        }
    }

    @DELETE
    @Path("{id}")
    @APIResponse(responseCode = "202", description = "It will end; here is how far it is.")
    @org.eclipse.microprofile.openapi.annotations.Operation(summary = "Cancel an operation")
    public Response cancel(@PathParam("id") String id, @Context HttpHeaders headers, @Context SecurityContext caller) {
        if (isElsewhere(id)) {
            var operator = caller.getUserPrincipal().getName();
            return relay.send(Operations.driverOf(id), "DELETE", "/operations/" + id, null, headers, operator);
        }
        return Response.accepted(operations.cancel(id)).build();
    }

    private boolean isElsewhere(String id) {
        var driver = Operations.driverOf(id);
        return !driver.equals(cluster.self()) && cluster.names().contains(driver);
    }

    /** Server-sent events: the operation as it is now, and again at each change, until its end. */
    private void follow(Operation operation, OutputStream output) throws IOException {
        var changes = new LinkedBlockingQueue<Operation>();
        try (var listening = operations.listen(changed -> {
            if (changed.id().equals(operation.id())) {
                changes.add(changed);
            }
        })) {
            var latest = operations.find(operation.id()).orElse(operation);
            send(output, latest);
            while (latest.isRunning()) {
                var changed = next(changes);
                send(output, changed);
                latest = changed == null ? latest : changed;
            }
        }
    }

    private static @Nullable Operation next(LinkedBlockingQueue<Operation> changes) {
        try {
            return changes.poll(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** A comment where there is nothing to tell, so that a client that is gone is noticed. */
    private void send(OutputStream output, @Nullable Operation operation) throws IOException {
        var event = operation == null
                ? ": still there\n\n"
                : "event: operation\ndata: " + json.writeValueAsString(operation) + "\n\n";
        output.write(event.getBytes(StandardCharsets.UTF_8));
        output.flush();
    }
}
