package dev.estafet.testing.simulation;

import io.agroal.api.AgroalDataSource;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** JDBC as far as the service uses it, with the simulated server behind. */
final class Sql {

    private Sql() {}

    /** What the server or the connection says; the code decides what is made of it. */
    static final class Refused extends SQLException {
        private static final long serialVersionUID = 1L;

        Refused(String message, String state) {
            super(message, state);
        }

        @Override
        public Throwable fillInStackTrace() {
            return this;
        }
    }

    static AgroalDataSource dataSource(Machine machine) {
        return proxy(AgroalDataSource.class, (self, method, arguments) -> switch (method.getName()) {
            case "getConnection" -> connection(machine);
            case "flush" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private static Connection connection(Machine machine) throws SQLException {
        var server = machine.server;
        Faults.step(Woven.service());
        machine.world.pass(machine.world.skewed(10 * World.MICRO, 200 * World.MICRO));
        if (server.mode == Postgres.Mode.DOWN) {
            throw new Refused("Connection refused", "08001");
        }
        var life = server.life;
        var timeOut = new long[] {5 * World.SECOND};
        return proxy(Connection.class, (self, method, arguments) -> switch (method.getName()) {
            case "setNetworkTimeout" -> {
                timeOut[0] = (int) arguments[1] * World.MILLI;
                yield null;
            }
            case "prepareStatement" -> statement(new Session(server, life, timeOut), (String) arguments[0]);
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private static PreparedStatement statement(Session session, String sql) {
        var parameters = new ArrayList<Object>();
        return proxy(PreparedStatement.class, (self, method, arguments) -> switch (method.getName()) {
            case "setObject" -> {
                parameters.add(arguments[1]);
                yield null;
            }
            case "execute" -> {
                session.answer(sql, parameters);
                yield true;
            }
            case "executeQuery" -> rows(session.answer(sql, parameters));
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private static ResultSet rows(List<Object> column) {
        var at = new int[] {-1};
        return proxy(ResultSet.class, (self, method, arguments) -> switch (method.getName()) {
            case "next" -> ++at[0] < column.size();
            case "getString" ->
                column.get(at[0]) == null ? null : column.get(at[0]).toString();
            case "getBoolean" -> column.get(at[0]);
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.toString());
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Sql.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
