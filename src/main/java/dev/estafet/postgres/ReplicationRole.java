package dev.estafet.postgres;

import dev.estafet.EstafetConfig;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.postgresql.PGConnection;

/**
 * The role that standbys stream with, and that {@code pg_rewind} reads with: what it needs for that (manual, {@code
 * pg_rewind}, Notes) lets it read the server's files, which a role that may take a base backup can anyway. Its password
 * reaches the server only as SCRAM verifier, and so no log of it.
 */
@Singleton
public final class ReplicationRole {

    private static final Pattern SCRAM = Pattern.compile("SCRAM-SHA-256\\$(\\d+):([^$]+)\\$([^:]+):(.+)");
    private static final int KEY_BITS = 256;

    private static final List<String> FUNCTIONS = List.of(
            "pg_catalog.pg_ls_dir(text, boolean, boolean)",
            "pg_catalog.pg_stat_file(text, boolean)",
            "pg_catalog.pg_read_binary_file(text)",
            "pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)");

    private final Database database;
    private final PassFile passFile;
    private final String user;

    ReplicationRole(Database database, PassFile passFile, EstafetConfig config) {
        this.database = database;
        this.passFile = passFile;
        this.user = config.replication().user();
    }

    /** Whether there is no such role, or one that may not log in for replication or may not do what a rewind needs. */
    public boolean isMissing() {
        return !database.isTrue(Database.SHORTLY, """
                select exists (select from pg_roles r where rolname = ? and rolreplication and rolcanlogin
                    and (select bool_and(has_function_privilege(r.oid, f, 'execute')) from unnest(?::text[]) f))
                """, user, FUNCTIONS.toArray(String[]::new));
    }

    /** Whether the role exists with a password that is not the configured one. */
    public boolean hasOtherPassword() {
        return verifier().map(it -> !fits(it, user, passFile.password())).orElse(false);
    }

    /** Makes the role, or gives an existing one what it lacks. */
    public void make() {
        var hadPassword = verifier().isPresent();
        var exists = database.isTrue(Database.SHORTLY, "select exists (select from pg_roles where rolname = ?)", user);
        // The name was checked when the configuration was read: letters, digits and underscores.
        database.execute(Database.SHORTLY, (exists ? "alter" : "create") + " role " + user + " with login replication");
        database.execute(
                Database.SHORTLY, "grant execute on function %s to %s".formatted(String.join(", ", FUNCTIONS), user));
        if (!hadPassword) {
            database.with(Database.SHORTLY, connection -> {
                var postgres = connection.unwrap(PGConnection.class);
                postgres.alterUserPassword(user, passFile.password().toCharArray(), "scram-sha-256");
                return true;
            });
        }
    }

    private Optional<String> verifier() {
        return database
                .list(
                        Database.SHORTLY,
                        "select rolpassword from pg_authid where rolname = ?",
                        row -> row.getString(1),
                        user)
                .stream()
                .findFirst();
    }

    /** Whether a stored verifier is that of the password ({@code src/common/scram-common.c}, RFC 5802; or MD5). */
    static boolean fits(String verifier, String user, String password) {
        try {
            if (verifier.startsWith("md5")) {
                var digest =
                        MessageDigest.getInstance("MD5").digest((password + user).getBytes(StandardCharsets.UTF_8));
                return verifier.equals("md5" + HexFormat.of().formatHex(digest));
            }
            var scram = SCRAM.matcher(verifier);
            if (!scram.matches()) {
                return false;
            }
            var salt = Base64.getDecoder().decode(scram.group(2));
            var spec = new PBEKeySpec(password.toCharArray(), salt, Integer.parseInt(scram.group(1)), KEY_BITS);
            var salted = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(salted, "HmacSHA256"));
            var storedKey = MessageDigest.getInstance("SHA-256")
                    .digest(mac.doFinal("Client Key".getBytes(StandardCharsets.UTF_8)));
            return MessageDigest.isEqual(storedKey, Base64.getDecoder().decode(scram.group(3)));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
