package dev.estafet.traffic;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import dev.estafet.postgres.ByteSize;
import io.smallrye.common.annotation.NonBlocking;
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
import java.util.OptionalLong;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The lists for load balancers and clients. */
@Path("/")
@Tag(name = "Traffic")
@NonBlocking
@Produces({MediaType.APPLICATION_JSON, MediaType.TEXT_PLAIN})
public final class EndpointsResource {

    private final Routing routing;

    EndpointsResource(Routing routing) {
        this.routing = routing;
    }

    @GET
    @Path("read-endpoints")
    @Operation(summary = "Who may serve reads now")
    @APIResponse(responseCode = "200", description = "Who may serve reads now.")
    public Response readEndpoints(
            @QueryParam("maxLag") @Nullable String maxLag,
            @QueryParam("format") @Nullable String format,
            @Context HttpHeaders headers,
            @Context Request request) {
        return answer(200, routing.readEndpoints(limit(maxLag)), format, headers, request);
    }

    @GET
    @Path("write-endpoint")
    @Operation(summary = "Who takes writes now")
    @APIResponse(responseCode = "200", description = "Who takes writes now; always one.")
    public Response writeEndpoint(
            @QueryParam("format") @Nullable String format, @Context HttpHeaders headers, @Context Request request) {
        var endpoints = routing.writeEndpoint();
        return answer(endpoints.endpoints().isEmpty() ? 503 : 200, endpoints, format, headers, request);
    }

    private static Response answer(
            int status, Endpoints endpoints, @Nullable String format, HttpHeaders headers, Request request) {
        var text = isText(format, headers);
        var tag = new EntityTag(endpoints.entityTag() + (text ? "-t" : "-j"));
        var unchanged = status == 200 ? request.evaluatePreconditions(tag) : null;
        if (unchanged != null) {
            return unchanged.build();
        }
        return Response.status(status)
                .tag(tag)
                .type(text ? MediaType.TEXT_PLAIN_TYPE : MediaType.APPLICATION_JSON_TYPE)
                .entity(text ? endpoints.toText() : endpoints)
                .build();
    }

    private static boolean isText(@Nullable String format, HttpHeaders headers) {
        if (format == null) {
            var first = headers.getAcceptableMediaTypes().getFirst();
            return first.isCompatible(MediaType.TEXT_PLAIN_TYPE) && !first.isWildcardType();
        }
        return switch (format) {
            case "text" -> true;
            case "json" -> false;
            default ->
                throw new Problem(
                                Kind.INVALID_REQUEST, "format: %s is not known.".formatted(format), "Use json or text.")
                        .raised();
        };
    }

    static OptionalLong limit(@Nullable String maxLag) {
        return maxLag == null ? OptionalLong.empty() : OptionalLong.of(ByteSize.inRequest("maxLag", maxLag));
    }
}
