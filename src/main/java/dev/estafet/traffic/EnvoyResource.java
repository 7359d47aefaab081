package dev.estafet.traffic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/**
 * Envoy's endpoint discovery over REST (xDS protocol, v3): Envoy polls with the version that it has, and is answered with
 * 304 as long as that is the newest. What else it says of itself does not matter here.
 */
@Path("/v3/discovery:endpoints")
@Tag(name = "Traffic")
@RunOnVirtualThread
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public final class EnvoyResource {

    private final Routing routing;
    private final Rendering rendering;
    private final ObjectMapper json;

    EnvoyResource(Routing routing, Rendering rendering, ObjectMapper json) {
        this.routing = routing;
        this.rendering = rendering;
        this.json = json;
    }

    @POST
    @Operation(summary = "Who may serve reads, and who takes writes, for Envoy")
    @APIResponse(responseCode = "200", description = "The clusters that were asked for.")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(ref = "#/components/schemas/EnvoyQuestion")))
    public Response discover(String body) throws JsonProcessingException {
        var question = json.readTree(body);
        var names = new TreeSet<String>();
        question.path("resource_names").forEach(name -> names.add(name.asText()));
        var lists = new TreeMap<String, Endpoints>();
        if (names.isEmpty() || names.contains(Rendering.READS)) {
            lists.put(Rendering.READS, routing.readEndpoints(routing.configured()));
        }
        if (names.isEmpty() || names.contains(Rendering.WRITES)) {
            lists.put(Rendering.WRITES, routing.writeEndpoint());
        }
        var answer = rendering.envoy(lists);
        if (lists.values().stream().anyMatch(Endpoints::stale)) {
            return Response.status(503).entity(answer).build();
        }
        return question.path("version_info").asText().equals(answer.get("version_info"))
                ? Response.notModified().build()
                : Response.ok(answer).build();
    }
}
