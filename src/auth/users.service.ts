import { Injectable } from '@nestjs/common';
import { isUniqueViolation } from '../database/database-errors';
import { Database, type Transaction } from '../database/database.service';
import { sql } from '../database/sql';
import { emailTaken } from './auth-errors';
import { User } from './user.entity';

/** Any number, as long as every version of the app takes the same, and nothing else takes it. */
const FIRST_USER_LOCK = 7_235_009;

export type NewUser = Pick<User, 'id' | 'email' | 'passwordHash' | 'timezone'>;

/** The accounts of those who sign in here. */
@Injectable()
export class UsersService {
  constructor(private readonly database: Database) {}

  /**
   * Makes an account; the first there is becomes the admin's, whoever came from an external issuer before. Sign-ups wait
   * for each other until `tx` ends, so that of two at once only one finds none.
   * @throws AppError email_taken
   */
  async create(tx: Transaction, newUser: NewUser): Promise<User> {
    await tx.query(sql`SELECT pg_advisory_xact_lock(${FIRST_USER_LOCK}::bigint)`);
    const [row] = await tx.query<{ is_first: boolean }>(
      sql`SELECT NOT EXISTS (SELECT 1 FROM users WHERE email IS NOT NULL) AS is_first`,
    );
    const user = tx.manager.create(User, { ...newUser, role: row!.is_first ? 'admin' : 'user' });
    try {
      await tx.manager.insert(User, user);
    } catch (error) {
      throw isUniqueViolation(error, 'users_email_unique') ? emailTaken() : error;
    }
    return user;
  }

  findById(id: string): Promise<User | null> {
    return this.database.withEntities((manager) => manager.findOneBy(User, { id }));
  }

  findByEmail(email: string): Promise<User | null> {
    return this.database.withEntities((manager) => manager.findOneBy(User, { email }));
  }
}
