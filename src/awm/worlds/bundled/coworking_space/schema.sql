CREATE TABLE locations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  city TEXT NOT NULL,
  address TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'coming_soon', 'closed')),
  daily_guest_limit INTEGER NOT NULL CHECK (daily_guest_limit >= 0)
);
CREATE INDEX idx_locations_city ON locations (city);

CREATE TABLE opening_hours (
  -- A weekday (0 is Monday) without a row is a day on which the location stays shut.
  id INTEGER PRIMARY KEY,
  location_id INTEGER NOT NULL REFERENCES locations (id),
  weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  opens_at TEXT NOT NULL CHECK (opens_at GLOB '[0-2][0-9]:[0-5][0-9]'),
  closes_at TEXT NOT NULL CHECK (closes_at GLOB '[0-2][0-9]:[0-5][0-9]'),
  UNIQUE (location_id, weekday),
  CHECK (closes_at > opens_at)
);

CREATE TABLE plans (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  monthly_price_cents INTEGER NOT NULL CHECK (monthly_price_cents > 0),
  monthly_credits INTEGER NOT NULL CHECK (monthly_credits >= 0),
  guest_passes_per_day INTEGER NOT NULL CHECK (guest_passes_per_day >= 0),
  booking_window_days INTEGER NOT NULL CHECK (booking_window_days > 0),
  max_upcoming_bookings INTEGER NOT NULL CHECK (max_upcoming_bookings > 0),
  all_locations INTEGER NOT NULL CHECK (all_locations IN (0, 1)),
  hot_desks_included INTEGER NOT NULL CHECK (hot_desks_included IN (0, 1)),
  company_only INTEGER NOT NULL CHECK (company_only IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('offered', 'retired'))
);

CREATE TABLE accounts (
  -- Who holds credits and pays invoices: a company, a member without one, or the house itself.
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('house', 'company', 'member')),
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'closed')),
  credit_balance INTEGER NOT NULL,
  CHECK (kind = 'house' OR credit_balance >= 0)
);

CREATE TABLE companies (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL UNIQUE REFERENCES accounts (id),
  home_location_id INTEGER NOT NULL REFERENCES locations (id),
  billing_email TEXT NOT NULL,
  seat_limit INTEGER NOT NULL CHECK (seat_limit > 0)
);

CREATE TABLE members (
  id INTEGER PRIMARY KEY,
  full_name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE,
  phone TEXT,
  role TEXT NOT NULL CHECK (role IN ('member', 'community_lead')),
  status TEXT NOT NULL CHECK (status IN ('active', 'paused', 'cancelled')),
  home_location_id INTEGER NOT NULL REFERENCES locations (id),
  company_id INTEGER REFERENCES companies (id),
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  plan_id INTEGER NOT NULL REFERENCES plans (id),
  plan_changed_on TEXT,
  pending_plan_id INTEGER REFERENCES plans (id),
  pending_plan_from TEXT,
  joined_on TEXT NOT NULL,
  CHECK ((pending_plan_id IS NULL) = (pending_plan_from IS NULL))
);
CREATE INDEX idx_members_name ON members (full_name);
CREATE INDEX idx_members_company ON members (company_id);
CREATE INDEX idx_members_account ON members (account_id);

CREATE TABLE spaces (
  id INTEGER PRIMARY KEY,
  location_id INTEGER NOT NULL REFERENCES locations (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('meeting_room', 'phone_booth', 'hot_desk', 'dedicated_desk')),
  floor INTEGER NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity > 0),
  credits_per_hour INTEGER NOT NULL CHECK (credits_per_hour >= 0),
  min_notice_minutes INTEGER NOT NULL CHECK (min_notice_minutes >= 0),
  has_screen INTEGER NOT NULL CHECK (has_screen IN (0, 1)),
  has_video INTEGER NOT NULL CHECK (has_video IN (0, 1)),
  has_whiteboard INTEGER NOT NULL CHECK (has_whiteboard IN (0, 1)),
  status TEXT NOT NULL CHECK (status IN ('active', 'retired')),
  assigned_member_id INTEGER REFERENCES members (id),
  UNIQUE (location_id, name),
  CHECK (kind = 'dedicated_desk' OR assigned_member_id IS NULL)
);

CREATE TABLE bookings (
  id INTEGER PRIMARY KEY,
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  member_id INTEGER NOT NULL REFERENCES members (id),
  booked_by_member_id INTEGER NOT NULL REFERENCES members (id),
  starts_at TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  attendees INTEGER NOT NULL CHECK (attendees > 0),
  purpose TEXT,
  status TEXT NOT NULL CHECK (status IN ('confirmed', 'checked_in', 'completed', 'no_show', 'cancelled')),
  credits_charged INTEGER NOT NULL CHECK (credits_charged >= 0),
  credits_refunded INTEGER NOT NULL DEFAULT 0,
  reschedule_count INTEGER NOT NULL DEFAULT 0 CHECK (reschedule_count >= 0),
  created_at TEXT NOT NULL,
  checked_in_at TEXT,
  cancelled_at TEXT,
  CHECK (ends_at > starts_at),
  CHECK (credits_refunded BETWEEN 0 AND credits_charged)
);
CREATE INDEX idx_bookings_space_time ON bookings (space_id, starts_at);
CREATE INDEX idx_bookings_member ON bookings (member_id, starts_at);

CREATE TABLE visitor_passes (
  id INTEGER PRIMARY KEY,
  host_member_id INTEGER NOT NULL REFERENCES members (id),
  location_id INTEGER NOT NULL REFERENCES locations (id),
  guest_name TEXT NOT NULL,
  guest_email TEXT NOT NULL,
  visit_date TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('expected', 'checked_in', 'checked_out', 'cancelled', 'no_show')),
  created_at TEXT NOT NULL,
  checked_in_at TEXT,
  checked_out_at TEXT
);
CREATE INDEX idx_visitor_passes_day ON visitor_passes (location_id, visit_date);
CREATE UNIQUE INDEX uq_visitor_passes_guest_day
  ON visitor_passes (location_id, guest_email, visit_date) WHERE status <> 'cancelled';

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  location_id INTEGER NOT NULL REFERENCES locations (id),
  title TEXT NOT NULL,
  starts_at TEXT NOT NULL,
  ends_at TEXT NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity > 0),
  credits_price INTEGER NOT NULL CHECK (credits_price >= 0),
  registration_closes_at TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('scheduled', 'cancelled', 'finished')),
  CHECK (ends_at > starts_at),
  CHECK (registration_closes_at <= starts_at)
);
CREATE INDEX idx_events_start ON events (starts_at);

CREATE TABLE event_registrations (
  id INTEGER PRIMARY KEY,
  event_id INTEGER NOT NULL REFERENCES events (id),
  member_id INTEGER NOT NULL REFERENCES members (id),
  status TEXT NOT NULL CHECK (status IN ('registered', 'waitlisted', 'cancelled', 'attended', 'absent')),
  credits_charged INTEGER NOT NULL CHECK (credits_charged >= 0),
  credits_refunded INTEGER NOT NULL DEFAULT 0,
  registered_at TEXT NOT NULL,
  cancelled_at TEXT,
  CHECK (credits_refunded BETWEEN 0 AND credits_charged)
);
CREATE UNIQUE INDEX uq_event_registrations_live
  ON event_registrations (event_id, member_id) WHERE status <> 'cancelled';

CREATE TABLE credit_transfers (
  -- Each row is both halves of a double entry: it leaves one account and reaches another.
  id INTEGER PRIMARY KEY,
  from_account_id INTEGER NOT NULL REFERENCES accounts (id),
  to_account_id INTEGER NOT NULL REFERENCES accounts (id),
  credits INTEGER NOT NULL CHECK (credits > 0),
  kind TEXT NOT NULL CHECK (kind IN ('allowance', 'plan_upgrade', 'goodwill', 'booking', 'booking_refund', 'event', 'event_refund')),
  booking_id INTEGER REFERENCES bookings (id),
  registration_id INTEGER REFERENCES event_registrations (id),
  note TEXT NOT NULL,
  created_at TEXT NOT NULL,
  CHECK (from_account_id <> to_account_id)
);
CREATE INDEX idx_credit_transfers_from ON credit_transfers (from_account_id, created_at);
CREATE INDEX idx_credit_transfers_to ON credit_transfers (to_account_id, created_at);
CREATE INDEX idx_credit_transfers_booking ON credit_transfers (booking_id);

CREATE TABLE invoices (
  id INTEGER PRIMARY KEY,
  number TEXT NOT NULL UNIQUE,
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  status TEXT NOT NULL CHECK (status IN ('draft', 'open', 'paid', 'refunded', 'void')),
  issued_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
  paid_cents INTEGER NOT NULL DEFAULT 0,
  refunded_cents INTEGER NOT NULL DEFAULT 0,
  CHECK (due_on >= issued_on),
  CHECK (paid_cents BETWEEN 0 AND total_cents),
  CHECK (refunded_cents BETWEEN 0 AND paid_cents)
);
CREATE INDEX idx_invoices_account ON invoices (account_id, due_on);

CREATE TABLE invoice_lines (
  id INTEGER PRIMARY KEY,
  invoice_id INTEGER NOT NULL REFERENCES invoices (id),
  description TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  unit_price_cents INTEGER NOT NULL,
  amount_cents INTEGER NOT NULL,
  CHECK (amount_cents = quantity * unit_price_cents)
);
CREATE INDEX idx_invoice_lines_invoice ON invoice_lines (invoice_id);

CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  invoice_id INTEGER NOT NULL REFERENCES invoices (id),
  kind TEXT NOT NULL CHECK (kind IN ('payment', 'refund')),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  method TEXT NOT NULL CHECK (method IN ('bank_transfer', 'card', 'direct_debit', 'cash')),
  reference TEXT NOT NULL,
  refunds_payment_id INTEGER REFERENCES payments (id),
  reason TEXT,
  created_at TEXT NOT NULL,
  UNIQUE (invoice_id, reference),
  CHECK ((kind = 'refund') = (refunds_payment_id IS NOT NULL))
);
CREATE INDEX idx_payments_refunds ON payments (refunds_payment_id);

CREATE TABLE maintenance_tickets (
  -- A ticket with a window keeps its space from being booked in it; one without does not.
  id INTEGER PRIMARY KEY,
  space_id INTEGER NOT NULL REFERENCES spaces (id),
  title TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
  status TEXT NOT NULL CHECK (status IN ('open', 'in_progress', 'resolved', 'cancelled')),
  blocks_from TEXT,
  blocks_until TEXT,
  reported_by_member_id INTEGER NOT NULL REFERENCES members (id),
  resolution_note TEXT,
  created_at TEXT NOT NULL,
  resolved_at TEXT,
  CHECK ((blocks_from IS NULL) = (blocks_until IS NULL)),
  CHECK (blocks_from IS NULL OR blocks_until > blocks_from),
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX idx_maintenance_tickets_space ON maintenance_tickets (space_id, status);
