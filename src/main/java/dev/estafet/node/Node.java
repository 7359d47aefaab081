package dev.estafet.node;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.JsonStyle;
import dev.estafet.postgres.Sighting;
import dev.estafet.postgres.Slot;
import io.quarkus.rest.client.reactive.jackson.ClientObjectMapper;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.util.List;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;

/**
 * The verbs of a node, the same for the driver's own ({@link LocalNode}) and, over REST, for a peer's. What changes
 * something is idempotent and wants the node enlisted in the operation that asks.
 *
 * <p>All throw {@link dev.estafet.ProblemException}; one that comes from a peer has crossed the wire as problem document.
 */
@Path("/peer")
@RegisterRestClient
public interface Node {

    /** Answers of peers are read leniently, since they may be of another version. */
    @ClientObjectMapper
    static ObjectMapper clientObjectMapper(ObjectMapper mapper) {
        return JsonStyle.lenient(mapper);
    }

    /** The last probe, from memory. */
    @GET
    @Path("state")
    NodeState state();

    /** Told by a peer whose label has just changed. */
    @POST
    @Path("news")
    void hear(NodeState state);

    /** A fresh probe, and everything that preflight wants to know. */
    @GET
    @Path("report")
    NodeReport report();

    /** The timelines of the running primary, and the WAL that it still has. */
    @GET
    @Path("history")
    History history();

    /** What the server holds. */
    @GET
    @Path("inventory")
    Inventory inventory();

    /** Which of these libraries this server could not load. */
    @POST
    @Path("missing-libraries")
    List<String> missingLibraries(List<String> libraries);

    /** Logs in to that member's server as the replication role, as a standby does. */
    @GET
    @Path("replication-login/{member}")
    LoginAttempt tryReplicationLogin(@PathParam("member") String member);

    /** Looks, from this node, at that member's server, whose own service may be gone. */
    @GET
    @Path("sighting/{member}")
    Sighting lookAt(@PathParam("member") String member);

    /** Where the WAL of this node's server, which must not run, ends. */
    @GET
    @Path("end-of-wal")
    WalEnd endOfWal();

    /**
     * Gives this node's word to take part in the operation and in no other. Asked for too late, when the driver has given up
     * waiting and ended the operation, it is refused: TCP goes on sending what a broken network has held up.
     */
    @POST
    @Path("enlistment/{operation}")
    void enlist(@PathParam("operation") String operation, @QueryParam("driver") String driver);

    /** What became of an operation that this node drives or drove. */
    @GET
    @Path("decision/{operation}")
    Decision decision(@PathParam("operation") String operation);

    /** Ends this node's part. */
    @POST
    @Path("enlistment/{operation}/release")
    void release(@PathParam("operation") String operation);

    /**
     * Takes checkpoints until one has little to write, so that the one at shutdown is short.
     *
     * @return a sentence
     */
    @POST
    @Path("enlistment/{operation}/checkpoint")
    String checkpoint(@PathParam("operation") String operation);

    /**
     * Takes the checkpoint that is the last one before the stop, once the WAL ends where it costs the least time in the
     * write gap.
     *
     * @return whether the end was moved for that
     */
    @POST
    @Path("enlistment/{operation}/last-checkpoint")
    boolean lastCheckpoint(@PathParam("operation") String operation);

    /** Makes these physical slots, each reserving WAL from now on; one that exists is left as it is. */
    @POST
    @Path("enlistment/{operation}/make-slots")
    void makeSlots(@PathParam("operation") String operation, List<Slot> slots);

    /**
     * Drops these slots where they exist and wait for nobody; of logical ones only a standby's failover slots that are no
     * copies.
     */
    @POST
    @Path("enlistment/{operation}/drop-slots")
    void dropSlots(@PathParam("operation") String operation, List<Slot> slots);

    /**
     * Stops the primary in fast mode and answers as soon as its control file says {@code shut down}, not waiting for
     * the archiver. From its begin the label is not writable, and whoever starts the server again gets a standby, unless
     * {@link #resume} has put it back.
     *
     * @param timeOutMillis how long the stop may take
     */
    @POST
    @Path("enlistment/{operation}/demote")
    Shutdown demote(@PathParam("operation") String operation, @QueryParam("timeOutMillis") long timeOutMillis);

    /**
     * Goes the way of {@link #demote} without effect, before the write gap.
     *
     * @return what there is to tell of a server that was not stopped: it proves nothing
     */
    @POST
    @Path("enlistment/{operation}/rehearse-demotion")
    Shutdown rehearseDemotion(@PathParam("operation") String operation);

    /**
     * Keeps the server, which is lost as primary, from being one again, and stops what is left of it. Taken back by {@link
     * #resume}, which leaves it stopped.
     */
    @POST
    @Path("enlistment/{operation}/fence")
    void fence(@PathParam("operation") String operation);

    /**
     * Takes a demotion back: starts the server as the primary it was. Only for an operation that can never commit. Where
     * there is nothing to take back, since the node was not demoted in it or was released from it, nothing is done.
     */
    @POST
    @Path("enlistment/{operation}/resume")
    void resume(@PathParam("operation") String operation);

    /** Makes the server, running or stopped, a standby that streams from there. */
    @POST
    @Path("enlistment/{operation}/follow")
    void follow(@PathParam("operation") String operation, Upstream upstream);

    /** What {@link #prepare} would change. */
    @GET
    @Path("preparation")
    Preparation preparation();

    /** Makes this primary ready to be streamed from by every member; restarts it only where a setting needs that. */
    @POST
    @Path("enlistment/{operation}/prepare")
    Preparation prepare(@PathParam("operation") String operation);

    /** Commits a row that names the operation, and so proves that the server takes writes. */
    @POST
    @Path("enlistment/{operation}/marker")
    void writeMarker(@PathParam("operation") String operation);
}
