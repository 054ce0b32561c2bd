import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type ConnectionSettings, dataSourceOptions } from './data-source';
import { toDatabaseFault } from './database-faults';
import { Database } from './database.service';
import { migrate } from './migrator';

@Global()
@Module({})
export class DatabaseModule {
  static forRoot(connection: ConnectionSettings): DynamicModule {
    const typeOrm = TypeOrmModule.forRootAsync({
      useFactory: () => ({ ...dataSourceOptions(connection), autoLoadEntities: true, retryAttempts: 0 }),
      dataSourceFactory: async (options) => {
        try {
          await migrate(connection.url);
          return await new DataSource(options!).initialize();
        } catch (error) {
          throw toDatabaseFault(error);
        }
      },
    });
    return { module: DatabaseModule, imports: [typeOrm], providers: [Database], exports: [Database] };
  }
}
