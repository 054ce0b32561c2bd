/** Where class-transformer keeps what `@Type` said; it has types for it, but not under the path it is required by. */
declare module 'class-transformer/cjs/storage' {
  import type { MetadataStorage } from 'class-transformer/types/MetadataStorage';
  export const defaultMetadataStorage: MetadataStorage;
}
