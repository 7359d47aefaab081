package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;

/**
 * What a server holds; looked up for setup, as it takes a connection to each database.
 *
 * @param bytes size of all databases
 * @param databases in the order of their names
 * @param tablespaces directories outside the data directory
 */
@RegisterForReflection
public record Inventory(long bytes, List<DatabaseContent> databases, List<String> tablespaces) {

    /**
     * One database.
     *
     * @param tables with their schemas, in the order of their names
     * @param libraries that its functions are in, without directories
     */
    @RegisterForReflection
    public record DatabaseContent(String name, List<String> tables, List<String> libraries) {}

    /** How many tables there are in all databases. */
    public int countTables() {
        return databases.stream().mapToInt(it -> it.tables().size()).sum();
    }
}
